namespace ComfyStream.WebRtc;

/// <summary>
/// The two ends of a datagram: the local address that it hit (so that the reply leaves from there) and the peer's.
/// </summary>
public readonly record struct TransportPath(TransportAddress Local, TransportAddress Remote);
