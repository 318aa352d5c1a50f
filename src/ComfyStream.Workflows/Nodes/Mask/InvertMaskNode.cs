using System.Numerics.Tensors;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>1 where a mask is 0, and the other way round.</summary>
internal sealed class InvertMaskNode : Node
{
    private const int Mask = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "InvertMask",
        Category = "mask",
        Description = "1 where a mask is 0, and the other way round.",
        IsPure = true,
        Inputs = [new LinkInput("mask", LinkType.Mask)],
        Outputs = [LinkType.Mask],
        Create = static (_, _) => new InvertMaskNode(),
    };

    private readonly MaskPlane _mask = new(1, 1);

    public override void Run(NodeContext context)
    {
        MaskPlane source = context.Mask(Mask)!;
        _mask.Resize(source.Width, source.Height);
        TensorPrimitives.Subtract(1f, source.Weights, _mask.Weights);
        context.SetMask(_mask);
    }

    public override void Dispose() => _mask.Dispose();
}
