using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>A part of a picture; what reaches beyond it is left out.</summary>
internal sealed class ImageCropNode : Node
{
    private const int Image = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "ImageCrop",
        DisplayName = "Image Crop",
        Category = "image/transform",
        Description = "A part of a picture.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new IntegerInput("width", Default: 512, Min: 1, Max: ScaleInputs.MaxSide),
            new IntegerInput("height", Default: 512, Min: 1, Max: ScaleInputs.MaxSide),
            new IntegerInput("x", Default: 0, Min: 0, Max: ScaleInputs.MaxSide),
            new IntegerInput("y", Default: 0, Min: 0, Max: ScaleInputs.MaxSide),
        ],
        Outputs = [LinkType.Image],
        Formats = [PictureFormat.I420, PictureFormat.Rgb],
        Create = static (settings, _) => new ImageCropNode(
            new CropArea(settings.Integer("x"), settings.Integer("y"), settings.Integer("width"), settings.Integer("height"))),
    };

    private readonly CropArea _area;

    private ImageCropNode(CropArea area) => _area = area;

    public override void Run(NodeContext context)
    {
        PictureView source = PictureView.Read(context, Image);
        (int left, int top) = (Math.Min(_area.Left, source.Width - 1), Math.Min(_area.Top, source.Height - 1));
        (int width, int height) = (Math.Min(_area.Width, source.Width - left), Math.Min(_area.Height, source.Height - top));
        PlaneCropper.Crop(source, PictureView.Write(context, width, height, source.HasAlpha), left, top);
    }
}
