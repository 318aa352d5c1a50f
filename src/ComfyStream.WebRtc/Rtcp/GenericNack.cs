using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Rtcp;

/// <summary>What one entry of a generic NACK asks for: a packet and, by bitmask, some of the 16 after it (RFC 4585 6.2.1).</summary>
/// <param name="PacketId">Sequence number of the first lost packet.</param>
/// <param name="LostBitmask">Bit i stands for packet PacketId + i + 1.</param>
internal readonly record struct NackItem(ushort PacketId, ushort LostBitmask);

/// <summary>One entry of a generic NACK with whom it concerns.</summary>
/// <param name="SenderSsrc">Who asks.</param>
/// <param name="MediaSsrc">The stream that lost packets.</param>
/// <param name="Item">Which packets.</param>
internal readonly record struct GenericNack(uint SenderSsrc, uint MediaSsrc, NackItem Item)
{
    /// <summary>Bytes of an entry.</summary>
    public const int ItemBytes = 4;

    /// <summary>Reads entry <paramref name="index"/>; false past the last one and for other packets.</summary>
    public static bool TryRead(in RtcpPacket packet, int index, out GenericNack nack)
    {
        nack = default;
        if (!packet.IsFeedback(RtcpPacketType.TransportFeedback, RtcpPacketType.GenericNackFormat) || index < 0)
            return false;

        ReadOnlySpan<byte> body = packet.Body;
        if (index >= (body.Length - 8) / ItemBytes)
            return false;

        ReadOnlySpan<byte> item = body.Slice(8 + index * ItemBytes, ItemBytes);
        nack = new GenericNack(
            BinaryPrimitives.ReadUInt32BigEndian(body),
            BinaryPrimitives.ReadUInt32BigEndian(body[4..]),
            new NackItem(BinaryPrimitives.ReadUInt16BigEndian(item), BinaryPrimitives.ReadUInt16BigEndian(item[2..])));
        return true;
    }
}
