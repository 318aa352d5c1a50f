using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>One colour of a picture as a mask. A picture without alpha is opaque.</summary>
internal sealed class ImageToMaskNode : Node
{
    private const int Image = 0;

    private static readonly ChoiceInput _channel = new("channel", "red", "green", "blue", "alpha");

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "ImageToMask",
        DisplayName = "Convert Image to Mask",
        Category = "mask",
        Description = "One colour of a picture as a mask.",
        IsPure = true,
        Inputs = [new LinkInput("image", LinkType.Image), _channel],
        Outputs = [LinkType.Mask],
        Formats = [PictureFormat.Rgb],
        Create = static (settings, _) => new ImageToMaskNode(Array.IndexOf(_channel.Choices, settings.Choice(_channel.Name))),
    };

    private readonly MaskPlane _mask = new(1, 1);
    private readonly int _plane;

    private ImageToMaskNode(int plane) => _plane = plane;

    public override void Run(NodeContext context)
    {
        var source = new PictureView(context.Rgb(Image));
        _mask.Resize(source.Width, source.Height);
        if (_plane < source.PlaneCount)
            MaskConverter.FromPlane(source[_plane], _mask);
        else
            _mask.Weights.Fill(1);
        context.SetMask(_mask);
    }

    public override void Dispose() => _mask.Dispose();
}
