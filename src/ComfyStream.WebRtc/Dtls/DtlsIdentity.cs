namespace ComfyStream.WebRtc.Dtls;

/// <summary>Our certificate and key with the native TLS context made from them; one serves all sessions of the process.</summary>
public sealed class DtlsIdentity : IDisposable
{
    /// <summary>Makes a self-signed ECDSA P-256 certificate (RFC 8827 6.5), valid for a year from the day before <paramref name="today"/>.</summary>
    public static DtlsIdentity Create(DateOnly today) => throw new NotImplementedException();

    /// <summary>SHA-256 fingerprint of the certificate, for our SDP.</summary>
    public Fingerprint Fingerprint => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
