using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>A mirrored picture.</summary>
internal sealed class ImageFlipNode : Node
{
    private const int Image = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "ImageFlip",
        DisplayName = "Flip Image",
        Category = "image/transform",
        Description = "A mirrored picture.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new ChoiceInput("flip_method", "x-axis: vertically", "y-axis: horizontally"),
        ],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Create = static (settings, _) => new ImageFlipNode(settings.Choice("flip_method")[0] == 'x'),
    };

    private readonly bool _swapsRows;

    private ImageFlipNode(bool swapsRows) => _swapsRows = swapsRows;

    public override void Run(NodeContext context)
    {
        PictureView source = PictureView.Read(context, Image);
        PictureView target = PictureView.Write(context, source.Width, source.Height, source.HasAlpha);
        for (int i = 0; i < target.PlaneCount; i++)
        {
            if (_swapsRows)
                PlaneTurner.FlipRows(source[i], target[i]);
            else
                PlaneTurner.FlipColumns(source[i], target[i]);
        }
    }
}
