using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ComfyStream.WebRtc.Dtls.Interop;

namespace ComfyStream.WebRtc.Dtls;

/// <summary>Our certificate and key with the native TLS context made from them; one serves all sessions of the process. Thread-safe.</summary>
public sealed class DtlsIdentity : IDisposable
{
    private const int ValidDays = 365;

    // Some peers reject an empty name; this one says nothing about the machine.
    private const string SubjectName = "CN=WebRTC";

    // RFC 8827 6.5 asks for the first. Our certificate is ECDSA; the RSA suites are for servers with RSA certificates.
    private const string CipherSuites =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
        + "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

    private const string SignatureAlgorithms =
        "ECDSA+SHA256:RSA-PSS+SHA256:RSA+SHA256:ECDSA+SHA384:RSA-PSS+SHA384:RSA+SHA384:ECDSA+SHA512:RSA-PSS+SHA512:RSA+SHA512";

    private const string Groups = "X25519:P-256:P-384";

    // AES-GCM first: it costs us less than half.
    private const string SrtpProfiles = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";

    /// <summary>The most that a peer's certificates, and with them any handshake message to be put together, may have.</summary>
    internal const int MaxMessageBytes = 16 * 1024;

    private DtlsIdentity(SslContextHandle context, Fingerprint fingerprint)
    {
        Context = context;
        Fingerprint = fingerprint;
    }

    /// <summary>SHA-256 fingerprint of the certificate, for our SDP.</summary>
    public Fingerprint Fingerprint { get; }

    internal SslContextHandle Context { get; }

    /// <summary>Makes a self-signed ECDSA P-256 certificate (RFC 8827 6.5), valid for a year from the day before <paramref name="today"/>.</summary>
    /// <exception cref="PlatformNotSupportedException">OpenSSL 3 is not there.</exception>
    public static DtlsIdentity Create(DateOnly today) => Create(today, SrtpProfiles);

    /// <summary>Makes one that agrees to these SRTP profiles only: peers of fewer profiles, for tests.</summary>
    internal static DtlsIdentity Create(DateOnly today, string srtpProfiles)
    {
        try
        {
            // Its exit handler would free what other threads still use; the runtime leaves it out, too.
            _ = OpenSsl.OPENSSL_init_ssl(OpenSsl.OPENSSL_INIT_NO_ATEXIT, 0);
        }
        catch (DllNotFoundException exception)
        {
            throw new PlatformNotSupportedException("OpenSSL 3 (libssl.so.3) was not found, DTLS needs it: install it (Debian and Ubuntu: libssl3).", exception);
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = CreateCertificate(key, today);
        var context = CreateContext(srtpProfiles);
        try
        {
            var der = certificate.RawData;
            Use(context, der, key);
            return new DtlsIdentity(context, new Fingerprint("sha-256", SHA256.HashData(der)));
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    /// <summary>The same identity once more, for who may outlive this object.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    public DtlsIdentity Share() => new(Context.Share(), Fingerprint);

    /// <summary>Frees the context once the last session made from it is gone.</summary>
    public void Dispose() => Context.Dispose();

    private static X509Certificate2 CreateCertificate(ECDsa key, DateOnly today)
    {
        var request = new CertificateRequest(SubjectName, key, HashAlgorithmName.SHA256);
#pragma warning disable RS0030 // the interface of CertificateRequest; the date is the caller's
        var start = new DateTimeOffset(today.AddDays(-1), TimeOnly.MinValue, TimeSpan.Zero);
        return request.CreateSelfSigned(start, start.AddDays(ValidDays));
#pragma warning restore RS0030
    }

    private static SslContextHandle CreateContext(string srtpProfiles)
    {
        OpenSsl.ERR_clear_error();
        var context = OpenSsl.SSL_CTX_new_ex(DtlsLibraryContext.Handle, properties: 0, OpenSsl.DTLS_method());
        Check(!context.IsInvalid, "make a context");
        // DTLS 1.2 and nothing else, whatever a later library or the system's configuration would like.
        Check(OpenSsl.SSL_CTX_ctrl(context, OpenSsl.SSL_CTRL_SET_MIN_PROTO_VERSION, OpenSsl.DTLS1_2_VERSION, 0) == 1, "set the version");
        Check(OpenSsl.SSL_CTX_ctrl(context, OpenSsl.SSL_CTRL_SET_MAX_PROTO_VERSION, OpenSsl.DTLS1_2_VERSION, 0) == 1, "set the version");
        Check(OpenSsl.SSL_CTX_set_cipher_list(context, CipherSuites) == 1, "set the cipher suites");
        Check(OpenSsl.SSL_CTX_ctrl(context, OpenSsl.SSL_CTRL_SET_GROUPS_LIST, 0, Groups) == 1, "set the groups");
        Check(OpenSsl.SSL_CTX_ctrl(context, OpenSsl.SSL_CTRL_SET_SIGALGS_LIST, 0, SignatureAlgorithms) == 1, "set the signature algorithms");
        Check(OpenSsl.SSL_CTX_set_tlsext_use_srtp(context, srtpProfiles) == 0, "set the SRTP profiles");
        OpenSsl.SSL_CTX_ctrl(context, OpenSsl.SSL_CTRL_SET_SESS_CACHE_MODE, OpenSsl.SSL_SESS_CACHE_OFF, 0);
        OpenSsl.SSL_CTX_ctrl(context, OpenSsl.SSL_CTRL_SET_MAX_CERT_LIST, MaxMessageBytes, 0);
        // No record is larger than a datagram; without this each session has a buffer for 16 KB.
        OpenSsl.SSL_CTX_ctrl(context, OpenSsl.SSL_CTRL_SET_MAX_SEND_FRAGMENT, DtlsTransport.MaxDatagramBytes, 0);
        OpenSsl.SSL_CTX_set_options(
            context,
            OpenSsl.SSL_OP_NO_QUERY_MTU | OpenSsl.SSL_OP_NO_TICKET | OpenSsl.SSL_OP_NO_RENEGOTIATION | OpenSsl.SSL_OP_CIPHER_SERVER_PREFERENCE);
        OpenSsl.SSL_CTX_set_verify(context, OpenSsl.SSL_VERIFY_PEER | OpenSsl.SSL_VERIFY_FAIL_IF_NO_PEER_CERT, 0);
        unsafe
        {
            OpenSsl.SSL_CTX_set_cert_verify_callback(context, &PeerCertificateCheck.Verify, 0);
        }
        return context;
    }

    private static unsafe void Use(SslContextHandle context, byte[] certificate, ECDsa key)
    {
        var pkcs8 = key.ExportPkcs8PrivateKey();
        fixed (byte* certificateStart = certificate, keyStart = pkcs8)
        {
            // d2i functions move the pointer they are given.
            var (certificateCursor, keyCursor) = ((nint)certificateStart, (nint)keyStart);
            var x509 = OpenSsl.d2i_X509(0, (byte**)&certificateCursor, certificate.Length);
            var privateKey = OpenSsl.d2i_AutoPrivateKey(0, (byte**)&keyCursor, pkcs8.Length);
            CryptographicOperations.ZeroMemory(pkcs8);
            var isUsed = x509 != 0 && privateKey != 0
                && OpenSsl.SSL_CTX_use_certificate(context, x509) == 1
                && OpenSsl.SSL_CTX_use_PrivateKey(context, privateKey) == 1;
            OpenSsl.X509_free(x509);
            OpenSsl.EVP_PKEY_free(privateKey);
            Check(isUsed, "use the certificate");
        }
    }

    private static void Check(bool succeeded, string step)
    {
        if (!succeeded)
            throw new CryptographicException($"OpenSSL could not {step}: {OpenSsl.TakeErrorText()}");
    }
}
