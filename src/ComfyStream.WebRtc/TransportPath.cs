namespace ComfyStream.WebRtc;

/// <summary>
/// The two ends of a datagram: the local address that it hit (so that the reply leaves from there) and the peer's.
/// </summary>
/// <param name="Local">Our end.</param>
/// <param name="Remote">The peer's end.</param>
/// <param name="Connection">
/// The TCP connection that carries it, by a number that no other has had: one that ended leaves its path to nobody, and none is
/// taken for UDP between the same addresses and ports. 0: UDP.
/// </param>
public readonly record struct TransportPath(TransportAddress Local, TransportAddress Remote, long Connection = 0);
