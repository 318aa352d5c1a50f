using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>Puts a picture into I420; set in by the compiler. An odd size loses its last column or row.</summary>
internal sealed class ConvertToI420Node : Node
{
    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "RGB to I420",
        Inputs = [new LinkInput("image", LinkType.Image)],
        Outputs = [LinkType.Image],
        IsPure = true,
        Create = static (_, _) => new ConvertToI420Node(),
    };

    public override void Run(NodeContext context)
    {
        RgbPicture source = context.Rgb(0);
        PictureConverter.ToI420(source, context.TargetCropped(source.Width, source.Height));
    }
}
