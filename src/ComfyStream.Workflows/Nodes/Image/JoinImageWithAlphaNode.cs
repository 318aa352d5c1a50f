using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>A picture with an alpha of its own: transparent where the mask, stretched to it, is 1.</summary>
internal sealed class JoinImageWithAlphaNode : Node
{
    private const int Image = 0;
    private const int Alpha = 1;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "JoinImageWithAlpha",
        DisplayName = "Join Image with Alpha",
        Category = "mask/compositing",
        Description = "A picture that is transparent where a mask is 1.",
        IsPure = true,
        Inputs = [new LinkInput("image", LinkType.Image), new LinkInput("alpha", LinkType.Mask)],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.Rgb],
        Create = static (_, _) => new JoinImageWithAlphaNode(),
    };

    private readonly MaskScaler _scaler = new();

    public override void Run(NodeContext context)
    {
        RgbPicture source = context.Rgb(Image);
        RgbPicture target = context.TargetRgb(source.Width, source.Height, hasAlpha: true);
        target.CopyPixelsFrom(source);
        MaskPlane mask = _scaler.Scale(context.Mask(Alpha)!, source.Width, source.Height);
        MaskConverter.ToPlane(mask, new PictureView(target)[3], first: 255, last: 0);
    }

    public override void Dispose() => _scaler.Dispose();
}
