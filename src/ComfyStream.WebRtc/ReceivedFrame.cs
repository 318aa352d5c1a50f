namespace ComfyStream.WebRtc;

/// <summary>A complete received frame: a picture's access unit (H.264: Annex B) or one sound packet's payload.</summary>
/// <param name="Kind">Sound or picture.</param>
/// <param name="ByteCount">Bytes that <see cref="PeerConnection.TryReadFrame"/> wrote, or needs.</param>
/// <param name="RtpTimestamp">The sender's RTP timestamp without its wraps, in units of the codec's clock.</param>
/// <param name="IsKeyFrame">Whether decoding can start here (always true for sound).</param>
/// <param name="FirstArrival">When its first packet arrived.</param>
/// <param name="LastArrival">When the packet that completed it arrived.</param>
public readonly record struct ReceivedFrame(
    MediaKind Kind, int ByteCount, long RtpTimestamp, bool IsKeyFrame, TimeSpan FirstArrival, TimeSpan LastArrival);
