using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Fuzzing.Targets;

/// <summary>Payloads of one frame: measured, put together, and cut again.</summary>
internal abstract class PayloadTarget(PayloadFormat format) : IFuzzTarget
{
    private readonly PacketizedFrame _packets = new(_ => { });
    private readonly Vp8Packetizer _vp8 = new(firstPictureId: 0);

    public abstract string Name { get; }

    public abstract IReadOnlyList<byte[]> Seeds { get; }

    public bool Run(Span<byte> input)
    {
        var measured = new FrameDepacketizer(format, default);
        var reader = new OperationReader(input);
        while (reader.MoveNext())
        {
            FrameDepacketizer.StartsFrame(format, reader.Body);
            if (!measured.TryAdd(reader.Body))
                return false;
        }

        if (!measured.IsComplete || measured.ByteCount == 0)
            return false;

        byte[] frame = new byte[measured.ByteCount];
        var written = new FrameDepacketizer(format, frame);
        reader = new OperationReader(input);
        while (reader.MoveNext())
            FindingException.ThrowUnless(written.TryAdd(reader.Body), "what was measured is refused when it is written");
        FindingException.ThrowUnless(
            written.ByteCount == measured.ByteCount && written.IsKeyFrame == measured.IsKeyFrame && written.IsComplete, "what is written is not what was measured");
        Cut(frame);
        return true;
    }

    private void Cut(byte[] frame)
    {
        _packets.Begin(MediaKind.Video, TimeSpan.Zero, isKeyFrame: false, TimeSpan.Zero);
        int count = format == PayloadFormat.H264 ? H264Packetizer.Packetize(frame, _packets) : _vp8.Packetize(frame, _packets);
        FindingException.ThrowUnless(count == _packets.PacketCount, "another number of packets than there are");
        if (count == 0)
            return;

        var again = new FrameDepacketizer(format, new byte[frame.Length + 16]);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> payload = _packets.GetPayload(i);
            FindingException.ThrowUnless(payload.Length is > 0 and <= H264Packetizer.DefaultMaxPayloadBytes, $"a payload of {payload.Length} bytes");
            FindingException.ThrowUnless(again.TryAdd(payload), "our own packets cannot be put together");
        }

        FindingException.ThrowUnless(again.IsComplete, "our own packets are not complete");
    }
}
