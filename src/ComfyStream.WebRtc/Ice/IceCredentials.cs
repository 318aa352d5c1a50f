using System.Security.Cryptography;

namespace ComfyStream.WebRtc.Ice;

/// <summary>ICE user fragment (4 to 256 ice-chars) and password (22 to 256), RFC 8839 5.4.</summary>
public sealed record IceCredentials(string UserFragment, string Password)
{
    private const string IceChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private const int UserFragmentChars = 16;
    private const int PasswordChars = 24;

    /// <summary>How many owners a user fragment can tell apart.</summary>
    public const int MaxOwners = 64;

    /// <summary>Makes unpredictable ones: 90 bits of user fragment, which is the key of a session, and 144 bits of password.</summary>
    public static IceCredentials Create() => Create(RandomNumberGenerator.GetInt32(MaxOwners));

    /// <summary>
    /// The same for a session that belongs to one of several owners, of which the first character of the user fragment tells which: whoever gets a
    /// connection that names the session finds its owner without a table of all sessions.
    /// </summary>
    /// <param name="owner">Below <see cref="MaxOwners"/>.</param>
    public static IceCredentials Create(int owner) => new(
        IceChars[owner] + RandomNumberGenerator.GetString(IceChars, UserFragmentChars - 1),
        RandomNumberGenerator.GetString(IceChars, PasswordChars));

    /// <summary>Reads the owner out of a user fragment that <see cref="Create(int)"/> made. False when it cannot be one of those.</summary>
    public static bool TryReadOwner(ReadOnlySpan<byte> userFragment, out int owner)
    {
        owner = userFragment.Length == UserFragmentChars ? IceChars.IndexOf((char)userFragment[0], StringComparison.Ordinal) : -1;
        return owner >= 0;
    }

    /// <summary>The owner that <see cref="Create(int)"/> was told.</summary>
    public static int OwnerOf(string userFragment) => IceChars.IndexOf(userFragment[0], StringComparison.Ordinal);

    /// <summary>The user fragment only: a password does not belong into a log.</summary>
    public override string ToString() => $"{nameof(IceCredentials)} {{ {nameof(UserFragment)} = {UserFragment} }}";
}
