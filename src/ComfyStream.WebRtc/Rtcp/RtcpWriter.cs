using System.Buffers.Binary;
using System.Text;

namespace ComfyStream.WebRtc.Rtcp;

/// <summary>
/// Writes RTCP packets one after the other into memory that the caller owns. Each method writes a whole packet or, when there
/// is no room, nothing and returns false. Pass it by reference: it counts what was written.
/// </summary>
internal ref struct RtcpWriter(Span<byte> destination)
{
    /// <summary>Report blocks and sources that fit the five-bit count.</summary>
    public const int MaxCount = 31;

    private readonly Span<byte> _destination = destination;

    /// <summary>Bytes written.</summary>
    public int ByteCount { get; private set; }

    /// <summary>SR (RFC 3550 6.4.1).</summary>
    public bool TryWriteSenderReport(in SenderReport report, scoped ReadOnlySpan<ReportBlock> blocks = default)
    {
        if (!TryBegin(RtcpPacketType.SenderReport, blocks.Length, SenderReport.Bytes + blocks.Length * ReportBlock.Bytes, out Span<byte> body))
            return false;

        report.Write(body);
        WriteBlocks(body[SenderReport.Bytes..], blocks);
        return true;
    }

    /// <summary>RR (RFC 3550 6.4.2).</summary>
    public bool TryWriteReceiverReport(uint senderSsrc, scoped ReadOnlySpan<ReportBlock> blocks = default)
    {
        if (!TryBegin(RtcpPacketType.ReceiverReport, blocks.Length, 4 + blocks.Length * ReportBlock.Bytes, out Span<byte> body))
            return false;

        BinaryPrimitives.WriteUInt32BigEndian(body, senderSsrc);
        WriteBlocks(body[4..], blocks);
        return true;
    }

    /// <summary>SDES with a canonical name (RFC 3550 6.5.1); one above the 255 bytes that an item holds is left empty.</summary>
    public bool TryWriteCname(uint ssrc, string cname)
    {
        Span<byte> text = stackalloc byte[255];
        Encoding.UTF8.TryGetBytes(cname, text, out int length);
        // One to four null bytes end the chunk at a 32-bit boundary.
        int bodyBytes = (4 + 2 + length + 4) & ~3;
        if (!TryBegin(RtcpPacketType.SourceDescription, 1, bodyBytes, out Span<byte> body))
            return false;

        BinaryPrimitives.WriteUInt32BigEndian(body, ssrc);
        body[4] = SourceDescription.CnameItem;
        body[5] = (byte)length;
        text[..length].CopyTo(body[6..]);
        body[(6 + length)..].Clear();
        return true;
    }

    /// <summary>BYE (RFC 3550 6.6).</summary>
    public bool TryWriteGoodbye(params scoped ReadOnlySpan<uint> ssrcs)
    {
        if (!TryBegin(RtcpPacketType.Goodbye, ssrcs.Length, ssrcs.Length * 4, out Span<byte> body))
            return false;

        for (int i = 0; i < ssrcs.Length; i++)
            BinaryPrimitives.WriteUInt32BigEndian(body[(i * 4)..], ssrcs[i]);
        return true;
    }

    /// <summary>Generic NACK (RFC 4585 6.2.1).</summary>
    public bool TryWriteGenericNack(uint senderSsrc, uint mediaSsrc, scoped ReadOnlySpan<NackItem> items)
    {
        if (!TryBeginFeedback(
            RtcpPacketType.TransportFeedback, RtcpPacketType.GenericNackFormat, senderSsrc, mediaSsrc, items.Length * GenericNack.ItemBytes, out Span<byte> entries))
            return false;

        for (int i = 0; i < items.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(entries[(i * 4)..], items[i].PacketId);
            BinaryPrimitives.WriteUInt16BigEndian(entries[(i * 4 + 2)..], items[i].LostBitmask);
        }

        return true;
    }

    /// <summary>PLI (RFC 4585 6.3.1).</summary>
    public bool TryWritePictureLossIndication(uint senderSsrc, uint mediaSsrc) =>
        TryBeginFeedback(RtcpPacketType.PayloadFeedback, RtcpPacketType.PictureLossFormat, senderSsrc, mediaSsrc, 0, out _);

    /// <summary>FIR for one stream (RFC 5104 4.3.1).</summary>
    public bool TryWriteFullIntraRequest(uint senderSsrc, uint mediaSsrc, byte commandSequenceNumber)
    {
        if (!TryBeginFeedback(
            RtcpPacketType.PayloadFeedback, RtcpPacketType.FullIntraFormat, senderSsrc, 0, FullIntraRequest.EntryBytes, out Span<byte> entry))
            return false;

        entry.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(entry, mediaSsrc);
        entry[4] = commandSequenceNumber;
        return true;
    }

    private static void WriteBlocks(Span<byte> destination, ReadOnlySpan<ReportBlock> blocks)
    {
        for (int i = 0; i < blocks.Length; i++)
            blocks[i].Write(destination[(i * ReportBlock.Bytes)..]);
    }

    private bool TryBeginFeedback(byte type, byte format, uint senderSsrc, uint mediaSsrc, int entryBytes, out Span<byte> entries)
    {
        entries = default;
        if (!TryBegin(type, format, 8 + entryBytes, out Span<byte> body))
            return false;

        BinaryPrimitives.WriteUInt32BigEndian(body, senderSsrc);
        BinaryPrimitives.WriteUInt32BigEndian(body[4..], mediaSsrc);
        entries = body[8..];
        return true;
    }

    private bool TryBegin(byte type, int count, int bodyBytes, out Span<byte> body)
    {
        body = default;
        if (count > MaxCount || ByteCount + RtcpPacket.HeaderBytes + bodyBytes > _destination.Length)
            return false;

        Span<byte> packet = _destination.Slice(ByteCount, RtcpPacket.HeaderBytes + bodyBytes);
        packet[0] = (byte)(0x80 | count);
        packet[1] = type;
        BinaryPrimitives.WriteUInt16BigEndian(packet[2..], (ushort)(bodyBytes / 4));
        body = packet[RtcpPacket.HeaderBytes..];
        ByteCount += packet.Length;
        return true;
    }
}
