using ComfyStream.Media;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// A picture in either format as a list of planes, for what is done to each plane by itself: three, or four with alpha. Those of
/// chroma are half as wide and high.
/// </summary>
internal readonly unsafe struct PictureView
{
    private readonly VideoFrame? _frame;
    private readonly RgbPicture? _rgb;

    public PictureView(VideoFrame frame) => _frame = frame;

    public PictureView(RgbPicture rgb) => _rgb = rgb;

    public bool IsI420 => _frame is not null;

    public VideoFrame Frame => _frame!;

    public RgbPicture Rgb => _rgb!;

    public int Width => _frame?.Width ?? _rgb!.Width;

    public int Height => _frame?.Height ?? _rgb!.Height;

    public bool HasAlpha => _rgb is { HasAlpha: true };

    public int PlaneCount => HasAlpha ? 4 : 3;

    /// <summary>Y, U, V or red, green, blue, alpha.</summary>
    public PixelPlane this[int index] => _frame is null
        ? new PixelPlane(_rgb!.Plane(index), _rgb.Stride, _rgb.Width, _rgb.Height)
        : index == 0
            ? new PixelPlane(_frame.Y, _frame.StrideY, _frame.Width, _frame.Height)
            : new PixelPlane(index == 1 ? _frame.U : _frame.V, _frame.StrideUv, _frame.Width / 2, _frame.Height / 2);

    /// <summary>An input in the node's format.</summary>
    public static PictureView Read(NodeContext context, int input) => context.Format == PictureFormat.I420
        ? new PictureView(context.Image(input))
        : new PictureView(context.Rgb(input));

    /// <summary>Where an output goes, in the node's format; alpha only in RGB.</summary>
    public static PictureView Write(NodeContext context, int width, int height, bool hasAlpha = false, int output = 0) =>
        context.Format == PictureFormat.I420
            ? new PictureView(context.Target(width, height, output))
            : new PictureView(context.TargetRgb(width, height, hasAlpha, output));

    /// <summary>A picture for a while, in the node's format; to be given back.</summary>
    public static PictureView Rent(NodeResources resources, NodeContext context, int width, int height, bool hasAlpha = false) =>
        context.Format == PictureFormat.I420
            ? new PictureView(resources.Frames.Rent(width, height))
            : new PictureView(resources.Pictures.Rent(width, height, hasAlpha));

    public void Return()
    {
        _frame?.Return();
        _rgb?.Return();
    }

    /// <summary>Whether a plane has half the picture's resolution.</summary>
    public bool IsChroma(int plane) => _frame is not null && plane > 0;

    /// <summary>Copies the pixels of a picture of the same format and size; alpha is opaque where the source has none.</summary>
    public void CopyFrom(PictureView source)
    {
        for (int i = 0; i < PlaneCount; i++)
        {
            if (i < source.PlaneCount)
                this[i].CopyFrom(source[i]);
            else
                this[i].Fill(255);
        }
    }
}
