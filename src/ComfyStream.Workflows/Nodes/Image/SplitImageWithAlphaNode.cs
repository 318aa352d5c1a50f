using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>A picture without its alpha, and as a mask where it is transparent: nowhere when it has none.</summary>
internal sealed class SplitImageWithAlphaNode : Node
{
    private const int Image = 0;
    private const int MaskOutput = 1;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "SplitImageWithAlpha",
        DisplayName = "Split Image with Alpha",
        Category = "mask/compositing",
        Description = "A picture without its alpha, and a mask that is 1 where it is transparent.",
        IsPure = true,
        Inputs = [new LinkInput("image", LinkType.Image)],
        Outputs = [LinkType.Image, LinkType.Mask],
        Formats = [PictureFormat.Rgb],
        Create = static (_, _) => new SplitImageWithAlphaNode(),
    };

    private readonly MaskPlane _mask = new(1, 1);

    public override void Run(NodeContext context)
    {
        RgbPicture source = context.Rgb(Image);
        context.TargetRgb(source.Width, source.Height).CopyPixelsFrom(source);
        _mask.Resize(source.Width, source.Height);
        if (source.HasAlpha)
            MaskConverter.FromPlane(new PictureView(source)[3], _mask, isInverted: true);
        else
            _mask.Weights.Clear();
        context.SetMask(_mask, MaskOutput);
    }

    public override void Dispose() => _mask.Dispose();
}
