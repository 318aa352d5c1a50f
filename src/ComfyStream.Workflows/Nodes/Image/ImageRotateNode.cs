using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>A picture turned clockwise.</summary>
internal sealed class ImageRotateNode : Node
{
    private const int Image = 0;

    private static readonly ChoiceInput _rotation = new("rotation", "none", "90 degrees", "180 degrees", "270 degrees");

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "ImageRotate",
        DisplayName = "Rotate Image",
        Category = "image/transform",
        Description = "A picture turned clockwise.",
        IsPure = true,
        Inputs = [new LinkInput("image", LinkType.Image), _rotation],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Create = static (settings, _) => new ImageRotateNode(Array.IndexOf(_rotation.Choices, settings.Choice(_rotation.Name))),
    };

    private readonly int _quarters;

    private ImageRotateNode(int quarters) => _quarters = quarters;

    public override void Run(NodeContext context)
    {
        PictureView source = PictureView.Read(context, Image);
        PictureView target = _quarters % 2 == 0
            ? PictureView.Write(context, source.Width, source.Height, source.HasAlpha)
            : PictureView.Write(context, source.Height, source.Width, source.HasAlpha);
        for (int i = 0; i < target.PlaneCount; i++)
            Turn(source[i], target[i]);
    }

    private void Turn(PixelPlane source, PixelPlane target)
    {
        switch (_quarters)
        {
            case 1: PlaneTurner.TurnClockwise(source, target); break;
            case 2: PlaneTurner.TurnHalf(source, target); break;
            case 3: PlaneTurner.TurnCounterClockwise(source, target); break;
            default: target.CopyFrom(source); break;
        }
    }
}
