using System.Runtime.Intrinsics;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>1 where a mask is more than a value, 0 elsewhere.</summary>
internal sealed unsafe class ThresholdMaskNode : Node
{
    private const int Mask = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "ThresholdMask",
        Category = "mask",
        Description = "1 where a mask is more than a value, 0 elsewhere.",
        IsPure = true,
        Inputs = [new LinkInput("mask", LinkType.Mask), new NumberInput("value", Default: 0.5, Min: 0, Max: 1)],
        Outputs = [LinkType.Mask],
        Create = static (settings, _) => new ThresholdMaskNode((float)settings.Number("value")),
    };

    private readonly MaskPlane _mask = new(1, 1);
    private readonly float _value;

    private ThresholdMaskNode(float value) => _value = value;

    public override void Run(NodeContext context)
    {
        MaskPlane source = context.Mask(Mask)!;
        _mask.Resize(source.Width, source.Height);
        float* from = source.Row(0);
        float* to = _mask.Row(0);
        for (int i = 0; i < _mask.Weights.Length; i += 8)
            (Vector256.GreaterThan(Vector256.Load(from + i), Vector256.Create(_value)) & Vector256<float>.One).Store(to + i);
        context.SetMask(_mask);
    }

    public override void Dispose() => _mask.Dispose();
}
