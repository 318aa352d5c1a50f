using System.Security.Cryptography;
using System.Text;

namespace ComfyStream.Server.Options;

/// <summary>
/// What this server shares with a TURN server (coturn's <c>static-auth-secret</c>), to make credentials that expire
/// (draft-uberti-behave-turn-rest-00). Whatever prints it prints no secret.
/// </summary>
public sealed class SharedSecret
{
    private const int MostBytes = 1024;

    private readonly byte[] _bytes;

    private SharedSecret(byte[] bytes) => _bytes = bytes;

    /// <summary>A secret from a text.</summary>
    /// <param name="text">The secret.</param>
    /// <param name="name">The option that it is the value of, for the message.</param>
    /// <exception cref="ServeException">It is empty or too long.</exception>
    public static SharedSecret Of(string text, string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length is > 0 and <= MostBytes
            ? new SharedSecret(bytes)
            : throw new ServeException($"{name} holds no secret: write what the TURN server has as static-auth-secret, 1 to {MostBytes} bytes.");
    }

    /// <summary>A secret from a file: its first line.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">The option that names it, for the message.</param>
    /// <exception cref="ServeException">It cannot be read, or holds none.</exception>
    public static SharedSecret Read(string path, string name)
    {
        try
        {
            using var reader = new StreamReader(path, Encoding.UTF8);
            return Of(reader.ReadLine()?.Trim() ?? "", $"{name} {path}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ServeException($"{name} {path} cannot be read: {e.Message}");
        }
    }

    /// <summary>The credential of a user: Base64 of HMAC-SHA1.</summary>
    /// <param name="userName">Unix time of expiry, a colon, and a name.</param>
#pragma warning disable CA5350 // TURN servers know no other.
    public string Sign(string userName) => Convert.ToBase64String(HMACSHA1.HashData(_bytes, Encoding.UTF8.GetBytes(userName)));
#pragma warning restore CA5350

    /// <summary>Tells nothing.</summary>
    public override string ToString() => "(a secret)";
}
