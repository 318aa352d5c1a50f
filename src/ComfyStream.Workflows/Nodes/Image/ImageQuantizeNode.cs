using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// A picture in a few of its colours. With <c>floyd-steinberg</c> what a pixel is off goes to those that follow; with <c>bayer</c> a
/// pattern of that size is added first.
/// </summary>
internal sealed unsafe class ImageQuantizeNode : Node
{
    private const int Image = 0;
    private const int MaxPattern = 16;

    private static readonly ChoiceInput _dither = new("dither", "none", "floyd-steinberg", "bayer-2", "bayer-4", "bayer-8", "bayer-16");

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "ImageQuantize",
        DisplayName = "Image Quantize",
        Category = "image/postprocessing",
        Description = "A picture in a few of its colours.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new IntegerInput("colors", Default: 256, Min: 1, Max: PaletteMaker.MaxColors),
            _dither,
        ],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.Rgb],
        Overwritable = Image,
        Create = static (settings, _) => new ImageQuantizeNode(settings.Integer("colors"), settings.Choice(_dither.Name)),
    };

    private readonly PaletteMaker _maker = new();
    private readonly PaletteMapper _mapper = new();
    private readonly NativeBuffer<int> _errors = new();
    private readonly int[] _pattern = new int[MaxPattern * MaxPattern];
    private readonly int _colors;
    private readonly int _patternSide;
    private readonly bool _spreadsErrors;

    private ImageQuantizeNode(int colors, string dither)
    {
        (_colors, _spreadsErrors) = (colors, dither == "floyd-steinberg");
        _patternSide = dither.StartsWith("bayer-", StringComparison.Ordinal) ? int.Parse(dither["bayer-".Length..]) : 1;
    }

    public override void Run(NodeContext context)
    {
        RgbPicture source = context.Rgb(Image);
        _maker.Make(source, _colors);
        _mapper.Begin(_maker.Colors);
        RgbPicture target = context.TargetRgb(source.Width, source.Height, source.HasAlpha);
        if (_spreadsErrors)
        {
            SpreadErrors(source, target);
        }
        else
        {
            PreparePattern();
            Map(source, target);
        }

        if (source.HasAlpha)
            new PictureView(target)[3].CopyFrom(new PictureView(source)[3]);
    }

    public override void Dispose()
    {
        _mapper.Dispose();
        _errors.Dispose();
    }

    /// <summary>Bayer's pattern, as far as two colours of the palette are apart; half a level is added as it is cut to whole ones.</summary>
    private void PreparePattern()
    {
        double spread = 2 * 256.0 / _maker.Count;
        for (int i = 0; i < _patternSide * _patternSide; i++)
            _pattern[i] = _patternSide == 1 ? 0 : (int)Math.Floor(spread * Threshold(i % _patternSide, i / _patternSide) + 0.5);
    }

    /// <summary>About -0.5 to 0.5: the finest bit of the place decides most.</summary>
    private double Threshold(int x, int y)
    {
        double value = 0;
        for (int side = 2; side <= _patternSide; side *= 2)
        {
            (int column, int row) = (x / (_patternSide / side) & 1, y / (_patternSide / side) & 1);
            value += (row == 0 ? (column == 0 ? -1.5 : 0.5) : (column == 0 ? 1.5 : -0.5)) / Math.Pow(2.0 * _patternSide / side, 2);
        }

        return value;
    }

    private void Map(RgbPicture source, RgbPicture target)
    {
        for (int y = 0; y < source.Height; y++)
        {
            nint row = (nint)y * source.Stride;
            int patternRow = y % _patternSide * _patternSide;
            for (int x = 0; x < source.Width; x++)
            {
                int add = _pattern[patternRow + x % _patternSide];
                Write(target, row + x, _mapper.Find(Clamp(source.R[row + x] + add), Clamp(source.G[row + x] + add), Clamp(source.B[row + x] + add)));
            }
        }
    }

    /// <summary>Of the error 7/16 go to the right, and 3, 5 and 1 to the next row. Errors are kept in sixteenths.</summary>
    private void SpreadErrors(RgbPicture source, RgbPicture target)
    {
        int length = 3 * (source.Width + 2);
        _errors.EnsureLength(2 * length);
        new Span<int>(_errors.Pointer, 2 * length).Clear();
        int* wanted = stackalloc int[3];
        for (int y = 0; y < source.Height; y++)
        {
            int* here = _errors.Pointer + (y & 1) * length + 3;
            int* below = _errors.Pointer + (~y & 1) * length + 3;
            new Span<int>(below - 3, length).Clear();
            nint row = (nint)y * source.Stride;
            for (int x = 0; x < source.Width; x++)
            {
                for (int i = 0; i < 3; i++)
                    wanted[i] = Clamp(source.Plane(i)[row + x] + ((here[3 * x + i] + 8) >> 4));
                byte* found = _mapper.Find(wanted[0], wanted[1], wanted[2]);
                for (int i = 0; i < 3; i++)
                {
                    int error = wanted[i] - found[i];
                    here[3 * (x + 1) + i] += 7 * error;
                    below[3 * (x - 1) + i] += 3 * error;
                    below[3 * x + i] += 5 * error;
                    below[3 * (x + 1) + i] += error;
                }

                Write(target, row + x, found);
            }
        }
    }

    private static void Write(RgbPicture target, nint at, byte* color) =>
        (target.R[at], target.G[at], target.B[at]) = (color[0], color[1], color[2]);

    private static int Clamp(int value) => Math.Clamp(value, 0, 255);
}
