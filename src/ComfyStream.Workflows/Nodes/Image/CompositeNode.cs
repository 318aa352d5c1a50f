using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// A foreground over a background where a mask is 1, as the node of that name does in ComfyStream's graphs. A mask or a background of
/// another size is stretched to the foreground; alpha is left out.
/// </summary>
internal sealed class CompositeNode : Node
{
    private const int Foregrounds = 0;
    private const int Backgrounds = 1;
    private const int Masks = 2;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "Composite",
        Category = "background-edit",
        Description = "A foreground over a background where a mask is 1.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("foregrounds", LinkType.Image),
            new LinkInput("backgrounds", LinkType.Image),
            new LinkInput("foreground_masks", LinkType.Mask),
            BackgroundEdit.Mode,
        ],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Overwritable = Backgrounds,
        Create = static (_, _) => new CompositeNode(),
    };

    private readonly MaskBlender _blender = new();
    private readonly PictureScaler _scaler = new(ScaleMethod.Bilinear);

    public override void Run(NodeContext context)
    {
        PictureView foreground = PictureView.Read(context, Foregrounds);
        PictureView background = PictureView.Read(context, Backgrounds);
        PictureView target = PictureView.Write(context, foreground.Width, foreground.Height);
        if (background.Width == target.Width && background.Height == target.Height)
            target.CopyFrom(background);
        else
            _scaler.Scale(background, target);

        if (target.IsI420)
            _blender.Blend(target.Frame, foreground.Frame, context.Mask(Masks), left: 0, top: 0);
        else
            _blender.Blend(target.Rgb, foreground.Rgb, context.Mask(Masks), left: 0, top: 0);
    }

    public override void Dispose()
    {
        _blender.Dispose();
        _scaler.Dispose();
    }
}
