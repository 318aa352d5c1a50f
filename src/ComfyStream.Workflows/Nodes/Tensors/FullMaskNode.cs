using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>The mask of a node that loads a still where that became the stream's picture: 1 everywhere. No class of its own.</summary>
internal sealed class FullMaskNode : Node
{
    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "full mask",
        Inputs = [],
        Outputs = [LinkType.Mask],
        IsPure = true,
        Create = static (_, _) => new FullMaskNode(),
    };

    private readonly MaskPlane _mask = new(1, 1);

    public override void Run(NodeContext context)
    {
        _mask.Weights.Fill(1);
        context.SetMask(_mask);
    }

    public override void Dispose() => _mask.Dispose();
}
