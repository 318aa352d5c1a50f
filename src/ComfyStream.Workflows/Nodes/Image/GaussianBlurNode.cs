using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>Blurs a picture. Sizes are in pixels of the picture; chroma planes, half as large, are blurred half as wide.</summary>
internal sealed unsafe class GaussianBlurNode : Node
{
    private const int Image = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "GaussianBlur",
        DisplayName = "Gaussian Blur",
        Category = "image/filters",
        Description = "Blurs a picture.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new IntegerInput("kernel_size", Default: 61, Min: 1, Max: 511, Step: 2),
            new NumberInput("sigma", Default: 7, Min: 0.1, Max: 100),
        ],
        Outputs = [LinkType.Image],
        Overwritable = Image,
        Create = static (settings, _) => new GaussianBlurNode(settings.Integer("kernel_size") / 2, settings.Number("sigma")),
    };

    private readonly PlaneBlur _luma;
    private readonly PlaneBlur _chroma;

    private GaussianBlurNode(int radius, double sigma)
    {
        _luma = new PlaneBlur(GaussianTaps.Create(radius, sigma));
        _chroma = new PlaneBlur(GaussianTaps.Create((radius + 1) / 2, sigma / 2));
    }

    public override void Run(NodeContext context)
    {
        VideoFrame source = context.Image(Image);
        (int width, int height) = (source.Width, source.Height);
        VideoFrame target = context.Target(width, height);
        _luma.Blur(source.Y, source.StrideY, target.Y, target.StrideY, width, height);
        _chroma.Blur(source.U, source.StrideUv, target.U, target.StrideUv, width / 2, height / 2);
        _chroma.Blur(source.V, source.StrideUv, target.V, target.StrideUv, width / 2, height / 2);
    }

    public override void Dispose()
    {
        _luma.Dispose();
        _chroma.Dispose();
    }
}
