using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// Lays <c>source</c> over <c>destination</c> where <c>mask</c> (stretched to the source) is 1. An odd position is rounded down to an
/// even one, because chroma has half the resolution.
/// </summary>
internal sealed class ImageCompositeMaskedNode : Node
{
    private const int Destination = 0;
    private const int Source = 1;
    private const int Mask = 2;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "ImageCompositeMasked",
        DisplayName = "Image Composite Masked",
        Category = "image",
        Description = "Lays source over destination where mask is 1.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("destination", LinkType.Image),
            new LinkInput("source", LinkType.Image),
            new IntegerInput("x", Default: 0, Min: 0, Max: 8192),
            new IntegerInput("y", Default: 0, Min: 0, Max: 8192),
            // Read for ComfyUI's sake: every picture of a workflow has the stream's size until there are nodes that change it.
            new BooleanInput("resize_source", Default: false),
            new LinkInput("mask", LinkType.Mask, IsRequired: false),
        ],
        Outputs = [LinkType.Image],
        Overwritable = Destination,
        Create = static (settings, _) => new ImageCompositeMaskedNode(settings.Integer("x") & ~1, settings.Integer("y") & ~1),
    };

    private readonly MaskBlender _blender = new();
    private readonly int _left;
    private readonly int _top;

    private ImageCompositeMaskedNode(int left, int top) => (_left, _top) = (left, top);

    public override void Run(NodeContext context)
    {
        VideoFrame destination = context.Image(Destination);
        VideoFrame target = context.Target(destination.Width, destination.Height);
        FrameCopier.Copy(destination, target);
        _blender.Blend(target, context.Image(Source), context.Mask(Mask), _left, _top);
    }

    public override void Dispose() => _blender.Dispose();
}
