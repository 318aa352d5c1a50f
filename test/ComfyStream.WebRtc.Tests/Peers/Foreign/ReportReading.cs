using ComfyStream.WebRtc.Rtcp;

namespace ComfyStream.WebRtc.Tests.Peers.Foreign;

/// <summary>What the RTCP packets of a compound are.</summary>
internal static class ReportReading
{
    /// <summary>Packet types in their order.</summary>
    public static List<byte> Types(byte[] compound)
    {
        var types = new List<byte>();
        var reader = new RtcpReader(compound);
        while (reader.MoveNext())
            types.Add(reader.Current.Type);
        return types;
    }

    /// <summary>Whether one of them is a generic NACK.</summary>
    public static bool HasNack(byte[] compound) => Types(compound).Contains(RtcpPacketType.TransportFeedback);

    /// <summary>Whether one of them asks for a key frame.</summary>
    public static bool AsksForKeyFrame(byte[] compound) => Types(compound).Contains(RtcpPacketType.PayloadFeedback);

    /// <summary>The report blocks of a compound, of senders' and receivers' reports alike.</summary>
    public static List<ReportBlock> Blocks(byte[] compound)
    {
        var blocks = new List<ReportBlock>();
        var reader = new RtcpReader(compound);
        while (reader.MoveNext())
        {
            for (int i = 0; ReportBlock.TryRead(reader.Current, i, out ReportBlock block); i++)
                blocks.Add(block);
        }

        return blocks;
    }
}
