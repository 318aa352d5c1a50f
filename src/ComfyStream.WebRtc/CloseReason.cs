namespace ComfyStream.WebRtc;

/// <summary>Why a peer connection ended.</summary>
public enum CloseReason
{
    /// <summary>Still open.</summary>
    None,

    /// <summary>Our side closed it.</summary>
    LocalClose,

    /// <summary>The peer sent close_notify or a fatal alert after the handshake.</summary>
    RemoteClose,

    /// <summary>No valid ICE check arrived in time.</summary>
    IceTimeout,

    /// <summary>The DTLS handshake did not finish in time or failed.</summary>
    DtlsFailed,

    /// <summary>The peer's certificate is not the one whose fingerprint its SDP announced (RFC 8122).</summary>
    FingerprintMismatch,

    /// <summary>Nothing authenticated arrived for the consent time (RFC 7675).</summary>
    ConsentExpired,
}
