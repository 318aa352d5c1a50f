using System.Security.Cryptography;
using System.Text;

namespace ComfyStream.Server.Access;

/// <summary>
/// Bearer tokens of our own and their digests. A token has 256 random bits, so one round of SHA-256 keeps it as safe as a slow hash
/// keeps a password; a password must not be used as a token.
/// </summary>
public static class TokenDigest
{
    private const int TokenBytes = 32;

    // Lets people and secret scanners see what it is.
    private const string Prefix = "cst_";

    /// <summary>A new token.</summary>
    public static string NewToken() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(TokenBytes)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    /// <summary>What the config file holds of a token: the SHA-256 of its UTF-8 text, 32 bytes.</summary>
    public static byte[] Of(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
