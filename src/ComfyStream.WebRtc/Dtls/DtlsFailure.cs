namespace ComfyStream.WebRtc.Dtls;

/// <summary>Why a <see cref="DtlsTransport"/> failed.</summary>
internal enum DtlsFailure
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>The peer broke the protocol, showed no certificate, or has nothing in common with us.</summary>
    HandshakeError,

    /// <summary>The peer's certificate is not one whose fingerprint its SDP has.</summary>
    FingerprintMismatch,

    /// <summary>No SRTP profile was agreed on.</summary>
    NoSrtpProfile,

    /// <summary>The peer stopped answering.</summary>
    Timeout,
}
