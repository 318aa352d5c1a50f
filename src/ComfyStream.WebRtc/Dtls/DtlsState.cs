namespace ComfyStream.WebRtc.Dtls;

/// <summary>Where a <see cref="DtlsTransport"/> stands.</summary>
internal enum DtlsState
{
    /// <summary>Made, nothing sent or received.</summary>
    New,

    /// <summary>The handshake is going on.</summary>
    Handshaking,

    /// <summary>The peer is who its SDP says; keys can be taken.</summary>
    Connected,

    /// <summary>Ended by either side after it was connected, or by ours before.</summary>
    Closed,

    /// <summary>The handshake did not succeed.</summary>
    Failed,
}
