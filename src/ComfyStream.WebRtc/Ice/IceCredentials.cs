using System.Security.Cryptography;

namespace ComfyStream.WebRtc.Ice;

/// <summary>ICE user fragment (4 to 256 ice-chars) and password (22 to 256), RFC 8839 5.4.</summary>
public sealed record IceCredentials(string UserFragment, string Password)
{
    private const string IceChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private const int UserFragmentChars = 16;
    private const int PasswordChars = 24;

    /// <summary>Makes unpredictable ones: 96 bits of user fragment, which is the key of a session, and 144 bits of password.</summary>
    public static IceCredentials Create() => new(
        RandomNumberGenerator.GetString(IceChars, UserFragmentChars),
        RandomNumberGenerator.GetString(IceChars, PasswordChars));

    /// <summary>The user fragment only: a password does not belong into a log.</summary>
    public override string ToString() => $"{nameof(IceCredentials)} {{ {nameof(UserFragment)} = {UserFragment} }}";
}
