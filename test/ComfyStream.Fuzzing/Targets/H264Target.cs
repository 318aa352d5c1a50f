using ComfyStream.WebRtc;

namespace ComfyStream.Fuzzing.Targets;

/// <summary>H.264 payloads of one access unit: single NAL units, aggregates and fragments; and what the packetizer makes of the result.</summary>
internal sealed class H264Target : PayloadTarget
{
    public H264Target()
        : base(PayloadFormat.H264)
    {
    }

    public override string Name => "h264";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        OperationReader.Write((0, [0x67, 0x42, 0xE0, 0x1F, 1]), (0, [0x68, 0xCE, 0x3C, 0x80]), (0, [0x65, 0x88, 1, 2, 3])),
        OperationReader.Write((0, [0x78, 0, 5, 0x67, 0x42, 0xE0, 0x1F, 1, 0, 4, 0x68, 0xCE, 0x3C, 0x80]), (0, [0x7C, 0x85, 0x88, 1, 2]), (0, [0x7C, 5, 3, 4]), (0, [0x7C, 0x45, 5, 6])),
        OperationReader.Write((0, [0x09, 0x10]), (0, [0x41, 0x9A, 1, 0, 0, 3, 1])),
    ];
}
