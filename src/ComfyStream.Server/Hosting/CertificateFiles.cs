using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ComfyStream.Server.Options;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Hosting;

/// <summary>
/// The certificate of HTTPS in files: PEM (with its chain, and the key in it or in a file of its own) or PFX. New contents are taken
/// over within seconds, for new connections; contents that cannot be used leave the certificate that there is. Thread-safe.
/// </summary>
internal sealed partial class CertificateFiles : IDisposable
{
    // The contents are compared, not times or notifications: those lie behind links, mounts and copies.
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(5);

    private readonly TlsFiles _files;
    private readonly Timer _timer;
    private readonly Lock _gate = new();
    private byte[] _digest;
    private ILogger? _logger;
    private volatile Loaded _current;

    /// <exception cref="ServeException">The files cannot be used.</exception>
    public CertificateFiles(TlsFiles files)
    {
        _files = files;
        try
        {
            _digest = ReadDigest();
            _current = Load();
        }
        catch (Exception e) when (IsOfFiles(e))
        {
            throw new ServeException($"The certificate {files.Certificate} cannot be used: {Explain(e)}");
        }
        if (_current.Leaf.NotAfter < DateTime.Now)
            throw new ServeException($"The certificate {files.Certificate} has expired on {_current.Leaf.NotAfter.ToUniversalTime():yyyy-MM-dd}: renew it.");
        _timer = new Timer(_ => Reload(), null, _interval, _interval);
    }

    /// <summary>The certificate of this server.</summary>
    public X509Certificate2 Leaf => _current.Leaf;

    /// <summary>The certificate with its chain.</summary>
    public SslStreamCertificateContext Context => _current.Context;

    /// <summary>Where it tells of changes.</summary>
    public void LogTo(ILogger<CertificateFiles> logger) => _logger = logger;

    /// <summary>Looks whether the files have changed, and takes them over if they can be used.</summary>
    public void Reload()
    {
        lock (_gate)
        {
            try
            {
                byte[] digest = ReadDigest();
                if (digest.AsSpan().SequenceEqual(_digest))
                    return;
                _digest = digest;
                // The one before may be in use by a handshake: it goes when nothing knows it any more.
                _current = Load();
                if (_logger is { } logger)
                    LogReloaded(logger, _current.Leaf.Subject, _current.Leaf.NotAfter.ToUniversalTime());
            }
            catch (Exception e) when (IsOfFiles(e))
            {
                if (_logger is { } logger)
                    LogUnusable(logger, Explain(e));
            }
        }
    }

    public void Dispose() => _timer.Dispose();

    private byte[] ReadDigest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in new[] { _files.Certificate, _files.Key, _files.PasswordFile }.OfType<string>())
            hash.AppendData(File.ReadAllBytes(path));
        return hash.GetHashAndReset();
    }

    private Loaded Load()
    {
        string? password = _files.PasswordFile is { } path ? File.ReadAllText(path).TrimEnd('\r', '\n') : null;
        bool isPem = File.ReadAllText(_files.Certificate).Contains("-----BEGIN", StringComparison.Ordinal);
        var all = new X509Certificate2Collection();
        X509Certificate2 leaf;
        if (isPem)
        {
            leaf = password is null
                ? X509Certificate2.CreateFromPemFile(_files.Certificate, _files.Key)
                : X509Certificate2.CreateFromEncryptedPemFile(_files.Certificate, password, _files.Key);
            all.ImportFromPemFile(_files.Certificate);
        }
        else
        {
            all = X509CertificateLoader.LoadPkcs12CollectionFromFile(_files.Certificate, password);
            leaf = all.FirstOrDefault(certificate => certificate.HasPrivateKey) ?? throw new CryptographicException("it holds no private key.");
        }
        return new Loaded(leaf, SslStreamCertificateContext.Create(leaf, all, offline: true));
    }

    private static bool IsOfFiles(Exception e) => e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException;

    private string Explain(Exception e) => e is CryptographicException && _files.Key is null
        ? $"{e.Message} A key in a file of its own is named by --tls-key, the password of a PFX file by --tls-password-file."
        : e.Message;

    [LoggerMessage(1, LogLevel.Information, "HTTPS: new certificate {Subject}, valid until {End:u}")]
    private static partial void LogReloaded(ILogger logger, string subject, DateTime end);

    [LoggerMessage(2, LogLevel.Warning, "HTTPS: the certificate files have changed and cannot be used, the certificate before stays: {Why}")]
    private static partial void LogUnusable(ILogger logger, string why);

    private sealed record Loaded(X509Certificate2 Leaf, SslStreamCertificateContext Context);
}
