using System.Globalization;
using System.Runtime.Intrinsics;
using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>White edges on black, by Canny. The grey is luma: in I420 the picture's own, in RGB that of BT.601.</summary>
internal sealed unsafe class CannyNode : Node
{
    private const int Image = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "Canny",
        Category = "image/preprocessors",
        Description = "White edges on black.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new NumberInput("low_threshold", Default: 0.4, Min: 0.01, Max: 0.99) { Tooltip = "How steep an edge must be where it goes on." },
            new NumberInput("high_threshold", Default: 0.8, Min: 0.01, Max: 0.99) { Tooltip = "How steep an edge must be somewhere." },
        ],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Overwritable = Image,
        Create = static (settings, _) => new CannyNode(settings.Number("low_threshold"), settings.Number("high_threshold")),
    };

    private readonly EdgeDetector _detector;

    private CannyNode(double low, double high)
    {
        if (low > high)
            throw new MediaException(string.Create(CultureInfo.InvariantCulture, $"low_threshold ({low}) must not be above high_threshold ({high})"));
        _detector = new EdgeDetector(low, high);
    }

    public override void Run(NodeContext context)
    {
        PictureView source = PictureView.Read(context, Image);
        _detector.Resize(source.Width, source.Height);
        for (int y = 0; y < source.Height; y++)
        {
            if (source.IsI420)
                WriteLuma(source[0].Row(y), _detector.GreyRow(y), source.Width);
            else
                WriteGrey(source, y, _detector.GreyRow(y));
        }

        _detector.Detect(source.IsI420 ? 219 : 255);
        PictureView target = PictureView.Write(context, source.Width, source.Height);
        for (int i = 0; i < 3; i++)
        {
            if (target.IsChroma(i))
                target[i].Fill(128);
            else
                _detector.Write(target[i], target.IsI420 ? (byte)235 : (byte)255, target.IsI420 ? (byte)16 : (byte)0);
        }
    }

    public override void Dispose() => _detector.Dispose();

    private static void WriteLuma(byte* luma, float* grey, int width)
    {
        for (int x = 0; x < width; x += 16)
        {
            (Vector256<float> left, Vector256<float> right) = PixelVector.Load(luma + x);
            left.Store(grey + x);
            right.Store(grey + x + 8);
        }
    }

    private static void WriteGrey(PictureView source, int y, float* grey)
    {
        byte* r = source[0].Row(y), g = source[1].Row(y), b = source[2].Row(y);
        for (int x = 0; x < source.Width; x += 16)
        {
            (Vector256<float> redLeft, Vector256<float> redRight) = PixelVector.Load(r + x);
            (Vector256<float> greenLeft, Vector256<float> greenRight) = PixelVector.Load(g + x);
            (Vector256<float> blueLeft, Vector256<float> blueRight) = PixelVector.Load(b + x);
            (redLeft * 0.299f + greenLeft * 0.587f + blueLeft * 0.114f).Store(grey + x);
            (redRight * 0.299f + greenRight * 0.587f + blueRight * 0.114f).Store(grey + x + 8);
        }
    }
}
