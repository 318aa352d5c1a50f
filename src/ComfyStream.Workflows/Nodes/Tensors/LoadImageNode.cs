using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>A picture from a file, and as its mask where it is transparent, as in ComfyUI: 64x64 zeros when it has no alpha.</summary>
internal sealed class LoadImageNode : Node
{
    private const int MaskOutput = 1;
    private const int SideWithoutAlpha = 64;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "LoadImage",
        DisplayName = "Load Image",
        Category = "image",
        Description = "A picture from the workspace's input folder; the mask is 1 where it is transparent. The only LoadImage of a graph without PrimaryInputLoadImage is the stream's picture instead.",
        Inputs = [new PictureFileInput("image") { Tooltip = "A PNG or JPEG file of the workspace's input folder." }],
        Outputs = [LinkType.Image, LinkType.Mask],
        Formats = [PictureFormat.Rgb],
        IsPure = true,
        Create = static (settings, resources) => new LoadImageNode(resources.LoadPicture(settings.Text("image"))),
    };

    private readonly RgbPicture _picture;
    private readonly MaskPlane _mask;

    private LoadImageNode(RgbPicture picture)
    {
        _picture = picture;
        _mask = picture.HasAlpha ? TransparencyOf(picture) : new MaskPlane(SideWithoutAlpha, SideWithoutAlpha);
    }

    public override void Run(NodeContext context)
    {
        context.TargetRgb(_picture.Width, _picture.Height).CopyPixelsFrom(_picture);
        context.SetMask(_mask, MaskOutput);
    }

    public override void Dispose()
    {
        _picture.Return();
        _mask.Dispose();
    }

    private static unsafe MaskPlane TransparencyOf(RgbPicture picture)
    {
        var mask = new MaskPlane(picture.Width, picture.Height);
        for (int y = 0; y < picture.Height; y++)
        {
            byte* alpha = picture.A + (nint)y * picture.Stride;
            float* weights = mask.Row(y);
            for (int x = 0; x < picture.Width; x++)
                weights[x] = 1 - alpha[x] / 255f;
        }

        return mask;
    }
}
