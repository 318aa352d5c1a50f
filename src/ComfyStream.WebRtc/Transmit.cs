namespace ComfyStream.WebRtc;

/// <summary>
/// Bytes to send, written at the start of the slab that the caller gave: one datagram, or several of
/// <paramref name="SegmentSizeBytes"/> each, of which the last may be shorter (one segmented send, UDP_SEGMENT).
/// </summary>
/// <param name="Path">Where from and where to.</param>
/// <param name="ByteCount">All bytes written.</param>
/// <param name="SegmentSizeBytes">Bytes of each datagram but the last; equals <paramref name="ByteCount"/> for one datagram.</param>
public readonly record struct Transmit(TransportPath Path, int ByteCount, int SegmentSizeBytes);
