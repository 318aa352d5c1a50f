using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Streams;

/// <summary>A packet that is to be encrypted and sent: its header's fields and its payload, borrowed from the frame.</summary>
internal readonly ref struct RtpPacketToSend
{
    /// <summary>Payload, shared by all subscribers.</summary>
    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Extension block, the same in every packet of the stream.</summary>
    public required ReadOnlySpan<byte> ExtensionBlock { get; init; }

    /// <summary>Our SSRC.</summary>
    public required uint Ssrc { get; init; }

    /// <summary>Payload type.</summary>
    public required byte PayloadType { get; init; }

    /// <summary>Set in the last packet of a picture.</summary>
    public required bool Marker { get; init; }

    /// <summary>SRTP packet index: roll-over counter and sequence number, 48 bits (RFC 3711 3.3.1).</summary>
    public required ulong PacketIndex { get; init; }

    /// <summary>RTP timestamp.</summary>
    public required uint RtpTimestamp { get; init; }

    /// <summary>It was sent before; its bytes are the very same.</summary>
    public required bool IsRetransmission { get; init; }

    /// <summary>Sequence number on the wire.</summary>
    public ushort SequenceNumber => (ushort)PacketIndex;

    /// <summary>Bytes that <see cref="WriteHeader"/> writes.</summary>
    public int HeaderBytes => RtpHeader.FixedLengthBytes + ExtensionBlock.Length;

    /// <summary>Bytes of the plain packet.</summary>
    public int ByteCount => HeaderBytes + Payload.Length;

    /// <summary>Writes the header and returns its length.</summary>
    public int WriteHeader(Span<byte> destination) =>
        RtpHeaderWriter.Write(destination, Marker, PayloadType, SequenceNumber, RtpTimestamp, Ssrc, ExtensionBlock);
}
