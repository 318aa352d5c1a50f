using ComfyStream.WebRtc;

namespace ComfyStream.Fuzzing.Targets;

/// <summary>VP8 payloads of one frame.</summary>
internal sealed class Vp8Target : PayloadTarget
{
    public Vp8Target()
        : base(PayloadFormat.Vp8)
    {
    }

    public override string Name => "vp8";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        OperationReader.Write((0, [0x10, 0x10, 2, 0, 0x9D, 1, 0x2A, 0x40, 1, 0xF0, 0, 7]), (0, [0, 1, 2, 3])),
        OperationReader.Write((0, [0x90, 0xF0, 0x81, 2, 3, 0x25, 0x11, 2, 0, 7]), (0, [0x80, 0x80, 5, 1, 2])),
    ];
}
