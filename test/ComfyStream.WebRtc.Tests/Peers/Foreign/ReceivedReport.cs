using ComfyStream.WebRtc.Rtcp;

namespace ComfyStream.WebRtc.Tests.Peers.Foreign;

/// <summary>A decrypted SRTCP packet, perhaps a compound, and when it came.</summary>
internal sealed record ReceivedReport(TimeSpan At, byte[] Packet)
{
    /// <summary>The types of its packets in their order.</summary>
    public IReadOnlyList<byte> Types { get; } = ReadTypes(Packet);

    public bool HasNack => Types.Contains(RtcpPacketType.TransportFeedback);

    public bool AsksForKeyFrame => Types.Contains(RtcpPacketType.PayloadFeedback);

    /// <summary>The report blocks of all its packets.</summary>
    public IReadOnlyList<ReportBlock> Blocks { get; } = ReadBlocks(Packet);

    private static List<byte> ReadTypes(byte[] packet)
    {
        var types = new List<byte>();
        var reader = new RtcpReader(packet);
        while (reader.MoveNext())
            types.Add(reader.Current.Type);
        return types;
    }

    private static List<ReportBlock> ReadBlocks(byte[] packet)
    {
        var blocks = new List<ReportBlock>();
        var reader = new RtcpReader(packet);
        while (reader.MoveNext())
        {
            for (int i = 0; ReportBlock.TryRead(reader.Current, i, out ReportBlock block); i++)
                blocks.Add(block);
        }

        return blocks;
    }
}
