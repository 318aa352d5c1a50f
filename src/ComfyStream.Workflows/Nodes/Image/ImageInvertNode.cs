using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>The negative of a picture.</summary>
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
        Overwritable = Image,
        Create = static (_, _) => new ImageInvertNode(),
    };

    public override void Run(NodeContext context)
    {
        VideoFrame source = context.Image(Image);
        PlaneInverter.Invert(source, context.Target(source.Width, source.Height));
    }
}
