namespace ComfyStream.WebRtc.Dtls;

/// <summary>Who begins the handshake (RFC 5763 5).</summary>
public enum DtlsRole
{
    /// <summary>a=setup:active: sends the ClientHello.</summary>
    Client,

    /// <summary>a=setup:passive: waits for it.</summary>
    Server,
}
