using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Rtcp;

/// <summary>The sender information of an SR (RFC 3550 6.4.1).</summary>
/// <param name="Ssrc">The sender.</param>
/// <param name="NtpTime">64-bit NTP time of the report.</param>
/// <param name="RtpTimestamp">The same instant on the stream's RTP clock.</param>
/// <param name="PacketCount">Packets sent so far.</param>
/// <param name="OctetCount">Payload bytes sent so far.</param>
internal readonly record struct SenderReport(uint Ssrc, ulong NtpTime, uint RtpTimestamp, uint PacketCount, uint OctetCount)
{
    /// <summary>Bytes in the body, SSRC included, before the report blocks.</summary>
    public const int Bytes = 24;

    /// <summary>Reads it if the packet is an SR.</summary>
    public static bool TryRead(in RtcpPacket packet, out SenderReport report)
    {
        report = default;
        if (packet.Type != RtcpPacketType.SenderReport)
            return false;

        ReadOnlySpan<byte> body = packet.Body;
        report = new SenderReport(
            BinaryPrimitives.ReadUInt32BigEndian(body),
            BinaryPrimitives.ReadUInt64BigEndian(body[4..]),
            BinaryPrimitives.ReadUInt32BigEndian(body[12..]),
            BinaryPrimitives.ReadUInt32BigEndian(body[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(body[20..]));
        return true;
    }

    /// <summary>Writes <see cref="Bytes"/> bytes.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt32BigEndian(destination, Ssrc);
        BinaryPrimitives.WriteUInt64BigEndian(destination[4..], NtpTime);
        BinaryPrimitives.WriteUInt32BigEndian(destination[12..], RtpTimestamp);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], PacketCount);
        BinaryPrimitives.WriteUInt32BigEndian(destination[20..], OctetCount);
    }
}
