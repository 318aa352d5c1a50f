using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// Blurs a picture, as the node of that name does in ComfyStream's graphs. Sizes are in pixels of the picture; chroma planes, half as
/// large, are blurred half as wide.
/// </summary>
internal sealed class GaussianBlurNode : Node
{
    private const int Images = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "GaussianBlur",
        DisplayName = "Gaussian Blur",
        Category = "background-edit",
        Description = "Blurs a picture.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("images", LinkType.Image) { Alias = "image" },
            new IntegerInput("kernel_size", Default: 61, Min: 1, Max: 511, Step: 2) { Tooltip = "Pixels that count, across." },
            new NumberInput("sigma", Default: 7, Min: 0.1, Max: 100) { Tooltip = "Standard deviation in pixels." },
            BackgroundEdit.Mode,
        ],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Overwritable = Images,
        Create = static (settings, _) => new GaussianBlurNode(settings.Integer("kernel_size") / 2, settings.Number("sigma")),
    };

    private readonly Blur _blur;
    private readonly Blur _chromaBlur;

    private GaussianBlurNode(int radius, double sigma) =>
        (_blur, _chromaBlur) = (new Blur(radius, sigma), new Blur((radius + 1) / 2, sigma / 2));

    public override void Run(NodeContext context)
    {
        PictureView source = PictureView.Read(context, Images);
        PictureView target = PictureView.Write(context, source.Width, source.Height, source.HasAlpha);
        for (int i = 0; i < target.PlaneCount; i++)
            (target.IsChroma(i) ? _chromaBlur : _blur).Apply(source[i], target[i]);
    }

    public override void Dispose()
    {
        _blur.Dispose();
        _chromaBlur.Dispose();
    }

    /// <summary>
    /// A Gaussian for planes of any size. The fast one is a little off at a plane's edges, which is all there is of a plane no larger
    /// than the kernel; the exact one takes little time there.
    /// </summary>
    private sealed unsafe class Blur(int radius, double sigma) : IDisposable
    {
        private readonly PlaneBlur _fast = new(GaussianTaps.Create(radius, sigma));
        private readonly PlaneFilter _exact = new(FilterTaps.Gaussian(radius, sigma));

        public void Apply(PixelPlane source, PixelPlane target)
        {
            if (Math.Min(source.Width, source.Height) <= 2 * radius)
                _exact.Apply(source, target);
            else
                _fast.Blur(source.Start, source.Stride, target.Start, target.Stride, source.Width, source.Height);
        }

        public void Dispose()
        {
            _fast.Dispose();
            _exact.Dispose();
        }
    }
}
