using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// A picture with grey around it. The mask is 1 there, 0 on the picture; from the edges that were added to it fades in over
/// <c>feathering</c> pixels, by the square, unless the picture is too small for that.
/// </summary>
internal sealed unsafe class ImagePadForOutpaintNode : Node
{
    private const int Image = 0;
    private const int MaskOutput = 1;
    private const byte Grey = 128;
    private const byte LimitedGrey = 126;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "ImagePadForOutpaint",
        DisplayName = "Pad Image for Outpainting",
        Category = "image",
        Description = "A picture with grey around it; the mask is 1 on what was added.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new IntegerInput("left", Default: 0, Min: 0, Max: ScaleInputs.MaxSide, Step: 8),
            new IntegerInput("top", Default: 0, Min: 0, Max: ScaleInputs.MaxSide, Step: 8),
            new IntegerInput("right", Default: 0, Min: 0, Max: ScaleInputs.MaxSide, Step: 8),
            new IntegerInput("bottom", Default: 0, Min: 0, Max: ScaleInputs.MaxSide, Step: 8),
            new IntegerInput("feathering", Default: 40, Min: 0, Max: ScaleInputs.MaxSide),
        ],
        Outputs = [LinkType.Image, LinkType.Mask],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Create = static (settings, _) => new ImagePadForOutpaintNode(settings),
    };

    private readonly MaskPlane _mask = new(1, 1);
    private readonly int _left;
    private readonly int _top;
    private readonly int _right;
    private readonly int _bottom;
    private readonly int _feathering;
    private (int Width, int Height) _maskedSize;

    private ImagePadForOutpaintNode(NodeSettings settings)
    {
        (_left, _top) = (settings.Integer("left"), settings.Integer("top"));
        (_right, _bottom) = (settings.Integer("right"), settings.Integer("bottom"));
        _feathering = settings.Integer("feathering");
    }

    public override void Run(NodeContext context)
    {
        PictureView source = PictureView.Read(context, Image);
        (int width, int height) = (source.Width + _left + _right, source.Height + _top + _bottom);
        ScaleInputs.CheckSize(width, height);
        PictureView target = PictureView.Write(context, width, height, source.HasAlpha);
        for (int i = 0; i < target.PlaneCount; i++)
            Pad(source[i], target[i], target.IsChroma(i) ? 2 : 1, target.IsI420 && i == 0 ? LimitedGrey : Grey);

        if (_maskedSize == (source.Width, source.Height))
            context.SetUnchanged(MaskOutput);
        else
            WriteMask(source.Width, source.Height);
        context.SetMask(_mask, MaskOutput);
    }

    public override void Dispose() => _mask.Dispose();

    private void Pad(PixelPlane source, PixelPlane target, int scale, byte grey)
    {
        (int left, int top) = (_left / scale, _top / scale);
        target.Part(0, 0, target.Width, top).Fill(grey);
        target.Part(0, top + source.Height, target.Width, target.Height - top - source.Height).Fill(grey);
        target.Part(0, top, left, source.Height).Fill(grey);
        target.Part(left + source.Width, top, target.Width - left - source.Width, source.Height).Fill(grey);
        target.Part(left, top, source.Width, source.Height).CopyFrom(source);
    }

    private void WriteMask(int width, int height)
    {
        _maskedSize = (width, height);
        _mask.Resize(width + _left + _right, height + _top + _bottom);
        _mask.Weights.Fill(1);
        bool fades = _feathering > 0 && 2L * _feathering < Math.Min(width, height);
        for (int y = 0; y < height; y++)
        {
            float* row = _mask.Row(_top + y) + _left;
            int toEdge = Math.Min(_top == 0 ? height : y, _bottom == 0 ? height : height - y);
            for (int x = 0; x < width; x++)
            {
                int distance = Math.Min(toEdge, Math.Min(_left == 0 ? width : x, _right == 0 ? width : width - x));
                float weight = fades && distance < _feathering ? (float)(_feathering - distance) / _feathering : 0;
                row[x] = weight * weight;
            }
        }
    }
}
