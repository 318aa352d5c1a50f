using System.Buffers.Binary;
using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Streams;

/// <summary>A packet that is to be encrypted and sent: its header's fields and its payload, borrowed from the frame.</summary>
internal readonly ref struct RtpPacketToSend
{
    /// <summary>Bytes of the original sequence number (OSN) before the payload of an RTX packet (RFC 4588 4).</summary>
    public const int OriginalSequenceBytes = 2;

    /// <summary>Payload with its padding, shared by all subscribers; an RTX packet's comes after the original sequence number, and unpadded.</summary>
    public required ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Bytes of padding at the end of <see cref="Payload"/> (RFC 3550 5.1).</summary>
    public required int PaddingBytes { get; init; }

    /// <summary>Extension block, the same in every packet of the stream.</summary>
    public required ReadOnlySpan<byte> ExtensionBlock { get; init; }

    /// <summary>Our SSRC: the stream's, or that of its retransmissions.</summary>
    public required uint Ssrc { get; init; }

    /// <summary>Payload type.</summary>
    public required byte PayloadType { get; init; }

    /// <summary>Set in the last packet of a picture.</summary>
    public required bool Marker { get; init; }

    /// <summary>SRTP packet index: roll-over counter and sequence number, 48 bits (RFC 3711 3.3.1).</summary>
    public required ulong PacketIndex { get; init; }

    /// <summary>RTP timestamp; a retransmission has the original's.</summary>
    public required uint RtpTimestamp { get; init; }

    /// <summary>It was sent before: its bytes are the very same, or those of an RTX packet.</summary>
    public required bool IsRetransmission { get; init; }

    /// <summary>The sequence number that it was first sent with, of an RTX packet only (RFC 4588).</summary>
    public required ushort? OriginalSequenceNumber { get; init; }

    /// <summary>Sequence number on the wire.</summary>
    public ushort SequenceNumber => (ushort)PacketIndex;

    /// <summary>Bytes that <see cref="WriteHeader"/> writes.</summary>
    public int HeaderBytes => RtpHeader.FixedLengthBytes + ExtensionBlock.Length;

    /// <summary>Bytes that <see cref="WritePayload"/> writes.</summary>
    public int PayloadBytes => OriginalSequenceNumber is null ? Payload.Length : OriginalSequenceBytes + Payload.Length;

    /// <summary>Bytes of the plain packet.</summary>
    public int ByteCount => HeaderBytes + PayloadBytes;

    /// <summary>Writes the header and returns its length.</summary>
    public int WriteHeader(Span<byte> destination)
    {
        int byteCount = RtpHeaderWriter.Write(destination, Marker, PayloadType, SequenceNumber, RtpTimestamp, Ssrc, ExtensionBlock);
        if (PaddingBytes > 0)
            destination[0] |= RtpHeader.PaddingBit;
        return byteCount;
    }

    /// <summary>Writes the plain payload as it goes on the wire.</summary>
    public void WritePayload(Span<byte> destination)
    {
        if (OriginalSequenceNumber is { } original)
        {
            BinaryPrimitives.WriteUInt16BigEndian(destination, original);
            destination = destination[OriginalSequenceBytes..];
        }

        Payload.CopyTo(destination);
    }
}
