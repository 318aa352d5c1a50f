using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Rtcp;

/// <summary>A reception report block of an SR or RR (RFC 3550 6.4.1).</summary>
/// <param name="Ssrc">The stream that is reported on.</param>
/// <param name="FractionLost">Share lost since the last report, in 1/256.</param>
/// <param name="CumulativeLost">Packets lost since the start, 24 bits, negative when duplicates came.</param>
/// <param name="ExtendedHighestSequence">Highest sequence number with its count of cycles.</param>
/// <param name="Jitter">Interarrival jitter in units of the RTP clock.</param>
/// <param name="LastSenderReport">Middle 32 bits of the last SR's NTP time, 0 when none came.</param>
/// <param name="DelaySinceLastSenderReport">Since that SR, in 1/65536 s.</param>
internal readonly record struct ReportBlock(
    uint Ssrc, byte FractionLost, int CumulativeLost, uint ExtendedHighestSequence, uint Jitter, uint LastSenderReport, uint DelaySinceLastSenderReport)
{
    /// <summary>Bytes of a block.</summary>
    public const int Bytes = 24;

    /// <summary>Reads block <paramref name="index"/> of an SR or RR; false past the last one and for other types.</summary>
    public static bool TryRead(in RtcpPacket packet, int index, out ReportBlock block)
    {
        block = default;
        int offset = packet.Type switch
        {
            RtcpPacketType.SenderReport => SenderReport.Bytes,
            RtcpPacketType.ReceiverReport => 4,
            _ => -1,
        };
        if (offset < 0 || index < 0 || index >= packet.Count)
            return false;

        ReadOnlySpan<byte> bytes = packet.Body.Slice(offset + index * Bytes, Bytes);
        int loss = BinaryPrimitives.ReadInt32BigEndian(bytes[4..]);
        block = new ReportBlock(
            BinaryPrimitives.ReadUInt32BigEndian(bytes),
            (byte)(loss >>> 24),
            loss << 8 >> 8,
            BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[12..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(bytes[20..]));
        return true;
    }

    /// <summary>Writes <see cref="Bytes"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, Ssrc);
        BinaryPrimitives.WriteInt32BigEndian(destination[4..], FractionLost << 24 | CumulativeLost & 0xFFFFFF);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], ExtendedHighestSequence);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], Jitter);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], LastSenderReport);
        BinaryPrimitives.WriteUInt32BigEndian(destination[20..], DelaySinceLastSenderReport);
    }
}
