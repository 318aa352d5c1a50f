using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>A mask that is the same everywhere.</summary>
internal sealed class SolidMaskNode : Node
{
    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "SolidMask",
        Category = "mask",
        Description = "A mask that is the same everywhere.",
        IsPure = true,
        Inputs =
        [
            new NumberInput("value", Default: 1, Min: 0, Max: 1),
            new IntegerInput("width", Default: 512, Min: 1, Max: ScaleInputs.MaxSide),
            new IntegerInput("height", Default: 512, Min: 1, Max: ScaleInputs.MaxSide),
        ],
        Outputs = [LinkType.Mask],
        Create = static (settings, _) => new SolidMaskNode(settings),
    };

    private readonly MaskPlane _mask;

    private SolidMaskNode(NodeSettings settings)
    {
        ScaleInputs.CheckSize(settings.Integer("width"), settings.Integer("height"));
        _mask = new MaskPlane(settings.Integer("width"), settings.Integer("height"));
        _mask.Weights.Fill((float)settings.Number("value"));
    }

    public override void Run(NodeContext context) => context.SetMask(_mask);

    public override void Dispose() => _mask.Dispose();
}
