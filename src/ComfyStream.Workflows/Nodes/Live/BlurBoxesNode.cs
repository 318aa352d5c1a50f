using ComfyStream.Media;
using ComfyStream.Workflows.Detection;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// Makes what is in boxes unrecognisable. <c>margin</c> is how much farther than the box that reaches on each side, as a part of the
/// box; its outer half fades out. <c>strength</c> is the side of the squares that are averaged, as a part of the box's longer side.
/// </summary>
internal sealed unsafe class BlurBoxesNode : Node
{
    private const int Image = 0;
    private const int Boxes = 1;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "BlurBoxes",
        DisplayName = "Blur Boxes",
        Category = "ComfyStream/Privacy",
        Description = "Makes what is in boxes unrecognisable.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new LinkInput("boxes", LinkType.Boxes),
            new NumberInput("margin", Default: 0.4, Min: 0, Max: 2),
            new NumberInput("strength", Default: 0.2, Min: 0.05, Max: 1),
            new ChoiceInput("shape", "ellipse", "rectangle"),
            new ChoiceInput("effect", "blur", "pixelate"),
        ],
        Outputs = [LinkType.Image],
        Overwritable = Image,
        Create = static (settings, _) => new BlurBoxesNode(settings),
    };

    private readonly RegionBlur _blur;
    private readonly float _margin;
    private readonly float _strength;
    private readonly bool _isEllipse;

    private BlurBoxesNode(NodeSettings settings)
    {
        _blur = new RegionBlur(showCells: settings.Choice("effect") == "pixelate");
        _margin = (float)settings.Number("margin");
        _strength = (float)settings.Number("strength");
        _isEllipse = settings.Choice("shape") == "ellipse";
    }

    public override void Run(NodeContext context)
    {
        VideoFrame source = context.Image(Image);
        (int width, int height) = (source.Width, source.Height);
        VideoFrame target = context.Target(width, height);
        FrameCopier.Copy(source, target);
        foreach (ref readonly Box box in context.Boxes(Boxes).Items)
        {
            SoftShape shape = ShapeOf(box, width, height);
            float cellSize = _strength * Math.Max(box.Width * width, box.Height * height);
            _blur.Apply(target.Y, target.StrideY, width, height, shape, cellSize);
            _blur.Apply(target.U, target.StrideUv, width / 2, height / 2, shape.Halved, cellSize / 2);
            _blur.Apply(target.V, target.StrideUv, width / 2, height / 2, shape.Halved, cellSize / 2);
        }
    }

    public override void Dispose() => _blur.Dispose();

    private SoftShape ShapeOf(in Box box, int width, int height) => new(
        CentreX: (box.Left + box.Right) / 2 * width,
        CentreY: (box.Top + box.Bottom) / 2 * height,
        RadiusX: (0.5f + _margin) * box.Width * width,
        RadiusY: (0.5f + _margin) * box.Height * height,
        Solid: (0.5f + _margin / 2) / (0.5f + _margin),
        _isEllipse);
}
