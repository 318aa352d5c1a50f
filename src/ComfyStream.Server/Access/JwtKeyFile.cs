using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.IdentityModel.Tokens;

namespace ComfyStream.Server.Access;

/// <summary>One key in a file: a public key or certificate in PEM, or else the bytes of a secret.</summary>
internal sealed class JwtKeyFile : IJwtKeys
{
    private const int LeastRsaBits = 2048;
    private const int EcBits = 256;

    // HS256 with less than its output is guessed offline (RFC 7518 3.2).
    private const int LeastSecretBytes = 32;

    private readonly JwtKeySet _set;

    private JwtKeyFile(SecurityKey key, string algorithm)
    {
        _set = new JwtKeySet([key], "");
        Algorithms = [algorithm];
    }

    public IReadOnlyList<string> Algorithms { get; }

    public ValueTask<JwtKeySet> GetAsync(string? keyId, CancellationToken cancellationToken) => ValueTask.FromResult(_set);

    /// <exception cref="ServeException">The file cannot be read or used.</exception>
    public static JwtKeyFile Read(string path)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            string text = System.Text.Encoding.Latin1.GetString(bytes);
            return text.Contains("-----BEGIN", StringComparison.Ordinal) ? FromPem(text) : FromSecret(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or CryptographicException)
        {
            throw new ServeException($"auth.jwt.keyFile {path} cannot be used: {e.Message}");
        }
    }

    private static JwtKeyFile FromPem(string text)
    {
        if (text.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
            throw new ArgumentException("it holds a private key. Only who makes tokens needs that; give the public one here.");
        if (text.Contains("-----BEGIN CERTIFICATE", StringComparison.Ordinal))
        {
            using X509Certificate2 certificate = X509Certificate2.CreateFromPem(text);
            return From(certificate.GetRSAPublicKey(), certificate.GetECDsaPublicKey());
        }

        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(text);
            return From(rsa, null);
        }
        catch (CryptographicException)
        {
            rsa.Dispose();
        }
        var ecdsa = ECDsa.Create();
        ecdsa.ImportFromPem(text);
        return From(null, ecdsa);
    }

    private static JwtKeyFile From(RSA? rsa, ECDsa? ecdsa) => (rsa, ecdsa) switch
    {
        ({ KeySize: >= LeastRsaBits }, _) => new JwtKeyFile(new RsaSecurityKey(rsa), SecurityAlgorithms.RsaSha256),
        (_, { KeySize: EcBits }) => new JwtKeyFile(new ECDsaSecurityKey(ecdsa), SecurityAlgorithms.EcdsaSha256),
        _ => throw new ArgumentException($"it must hold an RSA key of {LeastRsaBits} bits or more (RS256), or an EC key on P-256 (ES256)."),
    };

    private static JwtKeyFile FromSecret(byte[] bytes)
    {
        byte[] secret = bytes.AsSpan().TrimEnd("\r\n"u8).ToArray();
        return secret.Length >= LeastSecretBytes
            ? new JwtKeyFile(new SymmetricSecurityKey(secret), SecurityAlgorithms.HmacSha256)
            : throw new ArgumentException($"it is no PEM, and as a secret for HS256 it needs {LeastSecretBytes} bytes or more, and has {secret.Length}.");
    }
}
