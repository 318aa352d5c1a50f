using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>Puts a picture into RGB; set in by the compiler.</summary>
internal sealed class ConvertToRgbNode : Node
{
    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "I420 to RGB",
        Inputs = [new LinkInput("image", LinkType.Image)],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.Rgb],
        IsPure = true,
        Create = static (_, _) => new ConvertToRgbNode(),
    };

    public override void Run(NodeContext context)
    {
        VideoFrame source = context.Image(0);
        PictureConverter.ToRgb(source, context.TargetRgb(source.Width, source.Height));
    }
}
