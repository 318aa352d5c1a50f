using System.Runtime.Intrinsics;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>Bright or dark parts of a picture grown and shrunk, or what that changes.</summary>
internal sealed class MorphologyNode : Node
{
    private const int Image = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "Morphology",
        DisplayName = "ImageMorphology",
        Category = "image/postprocessing",
        Description = "Bright or dark parts of a picture grown and shrunk, or what that changes.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new ChoiceInput("operation", "erode", "dilate", "open", "close", "gradient", "bottom_hat", "top_hat"),
            new IntegerInput("kernel_size", Default: 3, Min: 3, Max: 999) { Tooltip = "Side of the square that is looked at, in pixels." },
        ],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.Rgb],
        Create = static (settings, resources) => new MorphologyNode(settings.Choice("operation"), settings.Integer("kernel_size"), resources),
    };

    private readonly PlaneMorphology _morphology;
    private readonly NodeResources _resources;
    private readonly string _operation;

    private MorphologyNode(string operation, int size, NodeResources resources) =>
        (_operation, _morphology, _resources) = (operation, new PlaneMorphology(size), resources);

    public override void Run(NodeContext context)
    {
        PictureView source = PictureView.Read(context, Image);
        PictureView target = PictureView.Write(context, source.Width, source.Height, source.HasAlpha);
        for (int i = 0; i < target.PlaneCount; i++)
            Apply(source[i], target[i]);
    }

    public override void Dispose() => _morphology.Dispose();

    private void Apply(PixelPlane source, PixelPlane target)
    {
        switch (_operation)
        {
            case "erode":
                _morphology.Erode(source, target);
                break;
            case "dilate":
                _morphology.Dilate(source, target);
                break;
            case "open" or "top_hat":
                _morphology.Erode(source, target);
                _morphology.Dilate(target, target);
                break;
            case "close" or "bottom_hat":
                _morphology.Dilate(source, target);
                _morphology.Erode(target, target);
                break;
            default:
                ApplyGradient(source, target);
                break;
        }

        if (_operation == "top_hat")
            Subtract(source, target, target);
        else if (_operation == "bottom_hat")
            Subtract(target, source, target);
    }

    private void ApplyGradient(PixelPlane source, PixelPlane target)
    {
        RgbPicture eroded = _resources.Pictures.Rent(source.Width, source.Height);
        try
        {
            PixelPlane least = new PictureView(eroded)[0];
            _morphology.Erode(source, least);
            _morphology.Dilate(source, target);
            Subtract(target, least, target);
        }
        finally
        {
            eroded.Return();
        }
    }

    /// <summary>0 where the first is less than the second, which a square without a middle makes possible.</summary>
    private static unsafe void Subtract(PixelPlane first, PixelPlane second, PixelPlane target)
    {
        for (int y = 0; y < target.Height; y++)
        {
            byte* from = first.Row(y), less = second.Row(y), to = target.Row(y);
            for (int x = 0; x < target.Width; x += Vector256<byte>.Count)
            {
                Vector256<byte> subtrahend = Vector256.Load(less + x);
                (Vector256.Max(Vector256.Load(from + x), subtrahend) - subtrahend).Store(to + x);
            }
        }
    }
}
