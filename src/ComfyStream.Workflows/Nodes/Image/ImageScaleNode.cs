using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>Gives pictures another size. ComfyUI has three classes for it, which differ in how the size is said.</summary>
internal sealed class ImageScaleNode : Node
{
    private const int Image = 0;
    private const double PixelsPerMegapixel = 1024 * 1024;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "ImageScale",
        DisplayName = "Upscale Image",
        Category = "image/upscaling",
        Description = "A picture in another size.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            ScaleInputs.Method,
            new IntegerInput("width", Default: 512, Min: 0, Max: ScaleInputs.MaxSide) { Tooltip = "0: as the height says." },
            new IntegerInput("height", Default: 512, Min: 0, Max: ScaleInputs.MaxSide) { Tooltip = "0: as the width says." },
            new ChoiceInput("crop", "disabled", "center") { Tooltip = "Whether the picture is cut to the new shape first, or stretched." },
        ],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Create = static (settings, _) =>
        {
            (int width, int height) = (settings.Integer("width"), settings.Integer("height"));
            ScaleInputs.CheckSize(width, height);
            return new ImageScaleNode(settings, settings.Choice("crop") == "center", (fromWidth, fromHeight) => (width, height) switch
            {
                (0, 0) => (fromWidth, fromHeight),
                (0, _) => (Round((double)fromWidth * height / fromHeight), height),
                (_, 0) => (width, Round((double)fromHeight * width / fromWidth)),
                _ => (width, height),
            });
        },
    };

    public static readonly NodeDescriptor ByFactor = new()
    {
        ClassType = "ImageScaleBy",
        DisplayName = "Upscale Image By",
        Category = "image/upscaling",
        Description = "A picture some times as large.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            ScaleInputs.Method,
            new NumberInput("scale_by", Default: 1, Min: 0.01, Max: 8) { Tooltip = "Of either side." },
        ],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Create = static (settings, _) =>
        {
            double factor = settings.Number("scale_by");
            return new ImageScaleNode(settings, crops: false, (width, height) => (Round(width * factor), Round(height * factor)));
        },
    };

    public static readonly NodeDescriptor ToTotalPixels = new()
    {
        ClassType = "ImageScaleToTotalPixels",
        DisplayName = "Scale Image to Total Pixels",
        Category = "image/upscaling",
        Description = "A picture of the same shape with so many pixels in all.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            ScaleInputs.Method,
            new NumberInput("megapixels", Default: 1, Min: 0.01, Max: 16) { Tooltip = "Of 1024 x 1024 pixels." },
            new IntegerInput("resolution_steps", Default: 1, Min: 1, Max: 256) { Tooltip = "Both sides become multiples of it." },
        ],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Create = static (settings, _) =>
        {
            (double pixels, int step) = (settings.Number("megapixels") * PixelsPerMegapixel, settings.Integer("resolution_steps"));
            return new ImageScaleNode(settings, crops: false, (width, height) =>
            {
                double factor = Math.Sqrt(pixels / ((double)width * height)) / step;
                return (Round(width * factor) * step, Round(height * factor) * step);
            });
        },
    };

    private readonly PictureScaler _scaler;
    private readonly bool _crops;
    private readonly Func<int, int, (int Width, int Height)> _sizeOf;

    private ImageScaleNode(NodeSettings settings, bool crops, Func<int, int, (int Width, int Height)> sizeOf) =>
        (_scaler, _crops, _sizeOf) = (new PictureScaler(ScaleInputs.ReadMethod(settings)), crops, sizeOf);

    public override void Run(NodeContext context)
    {
        PictureView source = PictureView.Read(context, Image);
        (int width, int height) = _sizeOf(source.Width, source.Height);
        ScaleInputs.CheckSize(width, height);
        PictureView target = PictureView.Write(context, width, height, source.HasAlpha);
        if (width == source.Width && height == source.Height)
            target.CopyFrom(source);
        else if (_crops)
            _scaler.Scale(source, CropArea.Centred(source.Width, source.Height, width, height), target);
        else
            _scaler.Scale(source, target);
    }

    public override void Dispose() => _scaler.Dispose();

    /// <summary>Half to even, as Python's.</summary>
    private static int Round(double length) => Math.Max(1, (int)Math.Round(length));
}
