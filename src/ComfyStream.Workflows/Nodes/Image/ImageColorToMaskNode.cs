using System.Runtime.Intrinsics;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>1 where a picture has exactly one colour, 0 elsewhere.</summary>
internal sealed unsafe class ImageColorToMaskNode : Node
{
    private const int Image = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "ImageColorToMask",
        DisplayName = "Image Color to Mask",
        Category = "mask",
        Description = "1 where a picture has exactly one colour, 0 elsewhere.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new IntegerInput("color", Default: 0, Min: 0, Max: 0xFFFFFF) { Tooltip = "Red times 65536 plus green times 256 plus blue." },
        ],
        Outputs = [LinkType.Mask],
        Formats = [PictureFormat.Rgb],
        Create = static (settings, _) => new ImageColorToMaskNode(settings.Integer("color")),
    };

    private readonly MaskPlane _mask = new(1, 1);
    private readonly int _color;

    private ImageColorToMaskNode(int color) => _color = color;

    public override void Run(NodeContext context)
    {
        RgbPicture source = context.Rgb(Image);
        _mask.Resize(source.Width, source.Height);
        Vector128<byte> red = Vector128.Create((byte)(_color >> 16));
        Vector128<byte> green = Vector128.Create((byte)(_color >> 8));
        Vector128<byte> blue = Vector128.Create((byte)_color);
        byte* matches = stackalloc byte[16];
        for (int y = 0; y < source.Height; y++)
        {
            nint row = (nint)y * source.Stride;
            float* weights = _mask.Row(y);

            // What is written behind a row's end is overwritten by the next row, or lies in the room behind the mask.
            for (int x = 0; x < source.Width; x += 16)
            {
                Vector128<byte> same = Vector128.Equals(Vector128.Load(source.R + row + x), red)
                    & Vector128.Equals(Vector128.Load(source.G + row + x), green) & Vector128.Equals(Vector128.Load(source.B + row + x), blue);
                (same & Vector128<byte>.One).Store(matches);
                (Vector256<float> left, Vector256<float> right) = PixelVector.Load(matches);
                left.Store(weights + x);
                right.Store(weights + x + 8);
            }
        }

        context.SetMask(_mask);
    }

    public override void Dispose() => _mask.Dispose();
}
