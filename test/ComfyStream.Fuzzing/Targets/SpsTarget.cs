using ComfyStream.Media.H264;

namespace ComfyStream.Fuzzing.Targets;

/// <summary>Sequence parameter sets, and access units that hold them.</summary>
internal sealed class SpsTarget : IFuzzTarget
{
    public string Name => "sps";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        // x264: Constrained Baseline 320x240; High 1920x1080 with cropping and VUI.
        Convert.FromHexString("6742C00DDA0507E8400000030040000007A3C50AA8"),
        Convert.FromHexString("67640028ACD940780227E5C044000003000400000300F03C60C658"),
    ];

    public bool Run(Span<byte> input)
    {
        foreach (ReadOnlySpan<byte> unit in AnnexB.EnumerateNalUnits(input))
            FindingException.ThrowUnless(unit.Length > 0 && unit.Length <= input.Length, "a unit without bytes");
        AnnexB.TryFind(input, NalUnitType.SequenceParameterSet, out _);
        if (!SequenceParameterSet.TryParse(input, out SequenceParameterSet parameters))
            return false;

        FindingException.ThrowUnless(
            parameters is { Id: >= 0 and < 32, Width: > 0 and <= 1 << 16, Height: > 0 and <= 1 << 16, BitDepth: >= 8 and <= 14, ChromaFormatIdc: >= 0 and <= 3 }
            && parameters.NumReorderFrames is null or (>= 0 and <= 16),
            $"impossible parameters: {parameters}");
        return true;
    }
}
