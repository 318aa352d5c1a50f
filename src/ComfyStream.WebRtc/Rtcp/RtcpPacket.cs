using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Rtcp;

/// <summary>One packet of a compound: its type, the five bits of count or format, and its body without padding.</summary>
internal readonly ref struct RtcpPacket
{
    /// <summary>Bytes of the common header.</summary>
    public const int HeaderBytes = 4;

    private RtcpPacket(byte type, byte count, ReadOnlySpan<byte> body)
    {
        Type = type;
        Count = count;
        Body = body;
    }

    /// <summary>See <see cref="RtcpPacketType"/>.</summary>
    public byte Type { get; }

    /// <summary>Report, source or chunk count; the format of feedback.</summary>
    public byte Count { get; }

    /// <summary>What follows the common header, long enough for the fixed part of a known type and for its <see cref="Count"/>.</summary>
    public ReadOnlySpan<byte> Body { get; }

    /// <summary>First word of the body, the sender of most types; 0 when there is none.</summary>
    public uint SenderSsrc => Body.Length < 4 ? 0 : BinaryPrimitives.ReadUInt32BigEndian(Body);

    /// <summary>Whether this is feedback of that type and format.</summary>
    public bool IsFeedback(byte type, byte format) => Type == type && Count == format;

    /// <summary>Parses the first packet of <paramref name="compound"/>. False for a broken one: nothing after it can be trusted.</summary>
    public static bool TryParse(ReadOnlySpan<byte> compound, out RtcpPacket packet, out int byteCount)
    {
        packet = default;
        byteCount = 0;
        if (compound.Length < HeaderBytes || compound[0] >> 6 != 2)
            return false;

        int length = HeaderBytes + 4 * BinaryPrimitives.ReadUInt16BigEndian(compound[2..]);
        if (length > compound.Length)
            return false;

        ReadOnlySpan<byte> body = compound[HeaderBytes..length];
        if ((compound[0] & 0x20) != 0)
        {
            // RFC 3550 6.4.1: padding is a multiple of four bytes and counts itself.
            int padding = body.IsEmpty ? 0 : body[^1];
            if (padding == 0 || padding % 4 != 0 || padding > body.Length)
                return false;
            body = body[..^padding];
        }

        byte type = compound[1];
        byte count = (byte)(compound[0] & 0x1F);
        if (body.Length < MinimumBodyBytes(type, count))
            return false;

        packet = new RtcpPacket(type, count, body);
        byteCount = length;
        return true;
    }

    private static int MinimumBodyBytes(byte type, int count) => type switch
    {
        RtcpPacketType.SenderReport => SenderReport.Bytes + count * ReportBlock.Bytes,
        RtcpPacketType.ReceiverReport => 4 + count * ReportBlock.Bytes,
        RtcpPacketType.SourceDescription or RtcpPacketType.Goodbye => count * 4,
        RtcpPacketType.TransportFeedback or RtcpPacketType.PayloadFeedback => 8,
        RtcpPacketType.Application => 8,
        RtcpPacketType.ExtendedReport => 4,
        _ => 0,
    };
}
