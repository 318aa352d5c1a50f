using System.Numerics.Tensors;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>A mask that fades out towards its edges; widths are in its own pixels.</summary>
internal sealed unsafe class FeatherMaskNode : Node
{
    private const int Mask = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "FeatherMask",
        Category = "mask",
        Description = "A mask that fades out towards its edges.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("mask", LinkType.Mask),
            new IntegerInput("left", Default: 0, Min: 0, Max: ScaleInputs.MaxSide),
            new IntegerInput("top", Default: 0, Min: 0, Max: ScaleInputs.MaxSide),
            new IntegerInput("right", Default: 0, Min: 0, Max: ScaleInputs.MaxSide),
            new IntegerInput("bottom", Default: 0, Min: 0, Max: ScaleInputs.MaxSide),
        ],
        Outputs = [LinkType.Mask],
        Create = static (settings, _) => new FeatherMaskNode(settings),
    };

    private readonly MaskPlane _mask = new(1, 1);
    private readonly NativeBuffer<float> _columns = new();
    private readonly int _left;
    private readonly int _top;
    private readonly int _right;
    private readonly int _bottom;

    private FeatherMaskNode(NodeSettings settings)
    {
        (_left, _top) = (settings.Integer("left"), settings.Integer("top"));
        (_right, _bottom) = (settings.Integer("right"), settings.Integer("bottom"));
    }

    public override void Run(NodeContext context)
    {
        MaskPlane source = context.Mask(Mask)!;
        (int width, int height) = (source.Width, source.Height);
        _mask.Resize(width, height);
        _columns.EnsureLength(width);
        var columns = new Span<float>(_columns.Pointer, width);
        for (int x = 0; x < width; x++)
            columns[x] = Share(x, _left, width) * Share(width - 1 - x, _right, width);
        for (int y = 0; y < height; y++)
        {
            var target = new Span<float>(_mask.Row(y), width);
            TensorPrimitives.Multiply(new ReadOnlySpan<float>(source.Row(y), width), columns, target);
            TensorPrimitives.Multiply(target, Share(y, _top, height) * Share(height - 1 - y, _bottom, height), target);
        }

        context.SetMask(_mask);
    }

    public override void Dispose()
    {
        _mask.Dispose();
        _columns.Dispose();
    }

    /// <summary>What is left at a distance from an edge; the width ends at the mask's.</summary>
    private static float Share(int distance, int feather, int length)
    {
        feather = Math.Min(feather, length);
        return distance < feather ? (distance + 1f) / feather : 1;
    }
}
