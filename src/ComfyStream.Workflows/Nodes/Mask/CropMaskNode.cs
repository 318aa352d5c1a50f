using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>A part of a mask, in its own pixels; what reaches beyond it is left out, but for one pixel.</summary>
internal sealed unsafe class CropMaskNode : Node
{
    private const int Mask = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "CropMask",
        Category = "mask",
        Description = "A part of a mask.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("mask", LinkType.Mask),
            new IntegerInput("x", Default: 0, Min: 0, Max: ScaleInputs.MaxSide),
            new IntegerInput("y", Default: 0, Min: 0, Max: ScaleInputs.MaxSide),
            new IntegerInput("width", Default: 512, Min: 1, Max: ScaleInputs.MaxSide),
            new IntegerInput("height", Default: 512, Min: 1, Max: ScaleInputs.MaxSide),
        ],
        Outputs = [LinkType.Mask],
        Create = static (settings, _) => new CropMaskNode(
            new CropArea(settings.Integer("x"), settings.Integer("y"), settings.Integer("width"), settings.Integer("height"))),
    };

    private readonly MaskPlane _mask = new(1, 1);
    private readonly CropArea _area;

    private CropMaskNode(CropArea area) => _area = area;

    public override void Run(NodeContext context)
    {
        MaskPlane source = context.Mask(Mask)!;
        (int left, int top) = (Math.Min(_area.Left, source.Width - 1), Math.Min(_area.Top, source.Height - 1));
        _mask.Resize(Math.Min(_area.Width, source.Width - left), Math.Min(_area.Height, source.Height - top));
        for (int y = 0; y < _mask.Height; y++)
            new Span<float>(source.Row(top + y) + left, _mask.Width).CopyTo(new Span<float>(_mask.Row(y), _mask.Width));
        context.SetMask(_mask);
    }

    public override void Dispose() => _mask.Dispose();
}
