using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>A picture of one colour.</summary>
internal sealed class EmptyImageNode : Node
{
    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "EmptyImage",
        Category = "image",
        Description = "A picture of one colour.",
        IsPure = true,
        Inputs =
        [
            new IntegerInput("width", Default: 512, Min: 1, Max: ScaleInputs.MaxSide),
            new IntegerInput("height", Default: 512, Min: 1, Max: ScaleInputs.MaxSide),
            new IntegerInput("batch_size", Default: 1, Min: 1, Max: 4096) { Tooltip = "Accepted because workflows carry it; there is one picture." },
            new IntegerInput("color", Default: 0, Min: 0, Max: 0xFFFFFF) { Tooltip = "Red times 65536 plus green times 256 plus blue." },
        ],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.Rgb],
        Create = static (settings, _) => new EmptyImageNode(settings.Integer("width"), settings.Integer("height"), settings.Integer("color")),
    };

    private readonly int _width;
    private readonly int _height;
    private readonly int _color;

    private EmptyImageNode(int width, int height, int color)
    {
        ScaleInputs.CheckSize(width, height);
        (_width, _height, _color) = (width, height, color);
    }

    public override void Run(NodeContext context)
    {
        PictureView target = PictureView.Write(context, _width, _height);
        for (int i = 0; i < 3; i++)
            target[i].Fill((byte)(_color >> (16 - 8 * i)));
    }
}
