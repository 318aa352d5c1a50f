using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>The negative of a picture; in RGB also of its alpha, as in ComfyUI.</summary>
internal sealed class ImageInvertNode : Node
{
    private const int Image = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "ImageInvert",
        DisplayName = "Invert Image",
        Category = "image",
        Description = "The negative of a picture.",
        IsPure = true,
        Inputs = [new LinkInput("image", LinkType.Image)],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Overwritable = Image,
        Create = static (_, _) => new ImageInvertNode(),
    };

    public override void Run(NodeContext context)
    {
        if (context.Format == PictureFormat.I420)
        {
            VideoFrame source = context.Image(Image);
            PlaneInverter.Invert(source, context.Target(source.Width, source.Height));
        }
        else
        {
            RgbPicture source = context.Rgb(Image);
            PlaneInverter.Invert(source, context.TargetRgb(source.Width, source.Height, source.HasAlpha));
        }
    }
}
