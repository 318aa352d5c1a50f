using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>A mask of a file: one of its colours, or 1 where it is transparent.</summary>
internal sealed class LoadImageMaskNode : Node
{
    private const int Alpha = 3;

    private static readonly string[] _planes = ["red", "green", "blue", "alpha"];

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "LoadImageMask",
        DisplayName = "Load Image (as Mask)",
        Category = "mask",
        Description = "A mask of a file of the workspace's input folder: one of its colours, or 1 where it is transparent.",
        IsPure = true,
        Inputs =
        [
            new PictureFileInput("image") { Tooltip = "A PNG or JPEG file of the workspace's input folder." },
            new ChoiceInput("channel", "alpha", "red", "green", "blue"),
        ],
        Outputs = [LinkType.Mask],
        Create = static (settings, resources) => new LoadImageMaskNode(settings, resources),
    };

    private readonly MaskPlane _mask;

    private LoadImageMaskNode(NodeSettings settings, NodeResources resources)
    {
        RgbPicture file = resources.LoadPicture(settings.Text("image"));
        try
        {
            int plane = Array.IndexOf(_planes, settings.Choice("channel"));
            _mask = new MaskPlane(file.Width, file.Height);
            if (plane != Alpha || file.HasAlpha)
                MaskConverter.FromPlane(new PictureView(file)[plane], _mask, isInverted: plane == Alpha);
        }
        finally
        {
            file.Return();
        }
    }

    public override void Run(NodeContext context) => context.SetMask(_mask);

    public override void Dispose() => _mask.Dispose();
}
