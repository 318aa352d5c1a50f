using ComfyStream.WebRtc.Rtcp;

namespace ComfyStream.Fuzzing.Targets;

/// <summary>Compound RTCP packets.</summary>
internal sealed class RtcpTarget : IFuzzTarget
{
    private const int MostItems = 1 << 16;

    public string Name => "rtcp";

    public IReadOnlyList<byte[]> Seeds { get; } = [MakeReports(), MakeFeedback()];

    public bool Run(Span<byte> input)
    {
        var reader = new RtcpReader(input);
        int packets = 0;
        while (reader.MoveNext())
        {
            packets++;
            RtcpPacket packet = reader.Current;
            FindingException.ThrowUnless(packet.Body.Length + RtcpPacket.HeaderBytes <= input.Length, "a packet longer than the compound");
            SenderReport.TryRead(packet, out _);
            PictureLossIndication.TryRead(packet, out _);
            int items = 0;
            for (int i = 0; ReportBlock.TryRead(packet, i, out _); i++)
                items++;
            for (int i = 0; GenericNack.TryRead(packet, i, out _); i++)
                items++;
            for (int i = 0; FullIntraRequest.TryRead(packet, i, out _); i++)
                items++;
            for (int i = 0; Goodbye.TryRead(packet, i, out _); i++)
                items++;
            for (int i = 0; SourceDescription.TryReadCname(packet, i, out _, out ReadOnlySpan<byte> name); i++)
                items += name.Length;
            FindingException.ThrowUnless(items < MostItems, "items without end");
        }

        return packets > 0;
    }

    private static byte[] MakeReports()
    {
        byte[] buffer = new byte[512];
        var writer = new RtcpWriter(buffer);
        writer.TryWriteSenderReport(new SenderReport(1, 2, 3, 4, 5), [new ReportBlock { Ssrc = 6 }]);
        writer.TryWriteCname(1, "comfy");
        writer.TryWriteReceiverReport(1, [new ReportBlock { Ssrc = 6 }, new ReportBlock { Ssrc = 7 }]);
        writer.TryWriteGoodbye(1, 2);
        return buffer[..writer.ByteCount];
    }

    private static byte[] MakeFeedback()
    {
        byte[] buffer = new byte[512];
        var writer = new RtcpWriter(buffer);
        writer.TryWriteReceiverReport(1);
        writer.TryWriteGenericNack(1, 2, [new NackItem(3, 0xFFFF), new NackItem(40, 0)]);
        writer.TryWritePictureLossIndication(1, 2);
        writer.TryWriteFullIntraRequest(1, 2, 3);
        return buffer[..writer.ByteCount];
    }
}
