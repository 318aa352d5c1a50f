using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.WebRtc.Streams;

/// <summary>A frame with what its packets were, or are, sent with.</summary>
internal struct SentFrame
{
    /// <summary>The frame; whoever holds this value holds a reference.</summary>
    public PacketizedFrame Frame;

    /// <summary>Packet index of the frame's first packet.</summary>
    public ulong FirstPacketIndex;

    /// <summary>Timestamp of all its packets.</summary>
    public uint RtpTimestamp;

    /// <summary>When its sending began.</summary>
    public TimeSpan SentAt;

    /// <summary>Whether a peer that lacks everything before can go on here.</summary>
    public readonly bool IsEntry => Frame.IsKeyFrame || Frame.Kind == MediaKind.Audio;
}
