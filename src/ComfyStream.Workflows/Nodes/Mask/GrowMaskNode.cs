using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>A mask grown or, with a negative number, shrunk by that many of its own pixels.</summary>
internal sealed class GrowMaskNode : Node
{
    private const int Mask = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "GrowMask",
        Category = "mask",
        Description = "A mask grown or shrunk.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("mask", LinkType.Mask),
            new IntegerInput("expand", Default: 0, Min: -ScaleInputs.MaxSide, Max: ScaleInputs.MaxSide) { Tooltip = "Below 0 the mask shrinks." },
            new BooleanInput("tapered_corners", Default: true) { Tooltip = "Whether a point becomes a diamond, or a square." },
        ],
        Outputs = [LinkType.Mask],
        Create = static (settings, _) => new GrowMaskNode(settings.Integer("expand"), settings.Boolean("tapered_corners")),
    };

    private readonly MaskPlane _mask = new(1, 1);
    private readonly MaskGrower _grower;

    private GrowMaskNode(int expand, bool isTapered) => _grower = new MaskGrower(expand, isTapered);

    public override void Run(NodeContext context)
    {
        MaskPlane source = context.Mask(Mask)!;
        _mask.Resize(source.Width, source.Height);
        _grower.Grow(source, _mask);
        context.SetMask(_mask);
    }

    public override void Dispose()
    {
        _mask.Dispose();
        _grower.Dispose();
    }
}
