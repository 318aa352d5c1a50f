using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// Blurs or sharpens a picture with a Gaussian that ends at a radius. Its <c>sigma</c> is in parts of that radius, as in ComfyUI: with 1
/// all pixels within reach count almost the same. Sharpening overshoots, and colours that do not exist are cut off in RGB only.
/// </summary>
internal sealed class ImageBlurNode : Node
{
    private const int Image = 0;

    /// <summary>ComfyUI's sharpening is ten times what it is told.</summary>
    private const double SharpeningUnit = 10;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "ImageBlur",
        DisplayName = "Image Blur",
        Category = "image/postprocessing",
        Description = "Blurs a picture.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new IntegerInput("blur_radius", Default: 1, Min: 1, Max: 31) { Tooltip = "Pixels on each side that count." },
            new NumberInput("sigma", Default: 1, Min: 0.1, Max: 10, Step: 0.1) { Tooltip = "In parts of the radius." },
        ],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Overwritable = Image,
        Create = static (settings, _) => new ImageBlurNode(settings.Integer("blur_radius"), settings.Number("sigma"), share: 1),
    };

    public static readonly NodeDescriptor Sharpen = new()
    {
        ClassType = "ImageSharpen",
        DisplayName = "Image Sharpen",
        Category = "image/postprocessing",
        Description = "Sharpens a picture.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new IntegerInput("sharpen_radius", Default: 1, Min: 1, Max: 31) { Tooltip = "Pixels on each side that count." },
            new NumberInput("sigma", Default: 1, Min: 0.1, Max: 10) { Tooltip = "In parts of the radius." },
            new NumberInput("alpha", Default: 1, Min: 0, Max: 5) { Tooltip = "How much." },
        ],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.Rgb],
        Overwritable = Image,
        Create = static (settings, _) =>
            new ImageBlurNode(settings.Integer("sharpen_radius"), settings.Number("sigma"), share: -SharpeningUnit * settings.Number("alpha")),
    };

    private readonly PlaneFilter _filter;
    private readonly PlaneFilter _chromaFilter;
    private readonly float _share;

    private ImageBlurNode(int radius, double sigma, double share)
    {
        float[] taps = FilterTaps.Gaussian(radius, sigma * radius);
        (_filter, _chromaFilter, _share) = (new PlaneFilter(taps), new PlaneFilter(FilterTaps.ForChroma(taps)), (float)share);
    }

    public override void Run(NodeContext context)
    {
        PictureView source = PictureView.Read(context, Image);
        PictureView target = PictureView.Write(context, source.Width, source.Height, source.HasAlpha);
        for (int i = 0; i < target.PlaneCount; i++)
            (target.IsChroma(i) ? _chromaFilter : _filter).Apply(source[i], target[i], _share);
    }

    public override void Dispose()
    {
        _filter.Dispose();
        _chromaFilter.Dispose();
    }
}
