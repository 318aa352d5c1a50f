using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// Lays <c>source</c> over <c>destination</c> where <c>mask</c> (stretched to the source) is 1. In I420 an odd position is rounded down to
/// an even one, because chroma has half the resolution.
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
            new IntegerInput("x", Default: 0, Min: 0, Max: ScaleInputs.MaxSide),
            new IntegerInput("y", Default: 0, Min: 0, Max: ScaleInputs.MaxSide),
            new BooleanInput("resize_source", Default: false) { Tooltip = "Whether the source is stretched to the destination's size." },
            new LinkInput("mask", LinkType.Mask, IsRequired: false),
        ],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Overwritable = Destination,
        Create = static (settings, resources) => new ImageCompositeMaskedNode(settings, resources),
    };

    private readonly MaskBlender _blender = new();
    private readonly PictureScaler _scaler = new(ScaleMethod.Bilinear);
    private readonly NodeResources _resources;
    private readonly int _left;
    private readonly int _top;
    private readonly bool _resizes;

    private ImageCompositeMaskedNode(NodeSettings settings, NodeResources resources)
    {
        (_left, _top) = (settings.Integer("x"), settings.Integer("y"));
        (_resizes, _resources) = (settings.Boolean("resize_source"), resources);
    }

    public override void Run(NodeContext context)
    {
        PictureView destination = PictureView.Read(context, Destination);
        PictureView source = PictureView.Read(context, Source);
        PictureView target = PictureView.Write(context, destination.Width, destination.Height, destination.HasAlpha);
        target.CopyFrom(destination);
        if (!_resizes || (source.Width == destination.Width && source.Height == destination.Height))
        {
            Blend(target, source, context.Mask(Mask));
            return;
        }

        PictureView scaled = PictureView.Rent(_resources, context, target.Width, target.Height, source.HasAlpha);
        try
        {
            _scaler.Scale(source, scaled);
            Blend(target, scaled, context.Mask(Mask));
        }
        finally
        {
            scaled.Return();
        }
    }

    public override void Dispose()
    {
        _blender.Dispose();
        _scaler.Dispose();
    }

    private void Blend(PictureView target, PictureView source, MaskPlane? mask)
    {
        if (target.IsI420)
            _blender.Blend(target.Frame, source.Frame, mask, _left & ~1, _top & ~1);
        else
            _blender.Blend(target.Rgb, source.Rgb, mask, _left, _top);
    }
}
