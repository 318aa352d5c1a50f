namespace ComfyStream.WebRtc;

/// <summary>A complete received frame: a picture (H.264: an access unit in Annex B form; VP8: a frame) or one sound packet's payload.</summary>
/// <param name="Kind">Sound or picture.</param>
/// <param name="ByteCount">Bytes that <see cref="PeerConnection.TryReadFrame"/> wrote, or needs.</param>
/// <param name="RtpTimestamp">The sender's RTP timestamp without its wraps, in units of the codec's clock.</param>
/// <param name="IsKeyFrame">Whether decoding can start here (always true for sound).</param>
/// <param name="FirstArrival">When its first packet arrived.</param>
/// <param name="LastArrival">When the packet that completed it arrived.</param>
/// <param name="Format">The codec; it may change within a session, with a key frame, among those negotiated.</param>
/// <param name="Ssrc">The sender's source; another one has another origin of timestamps.</param>
public readonly record struct ReceivedFrame(
    MediaKind Kind,
    int ByteCount,
    long RtpTimestamp,
    bool IsKeyFrame,
    TimeSpan FirstArrival,
    TimeSpan LastArrival,
    PayloadFormat Format = PayloadFormat.H264,
    uint Ssrc = 0);
