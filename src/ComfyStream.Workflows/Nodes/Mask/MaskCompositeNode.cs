using System.Numerics.Tensors;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// A mask laid over another at a position, both in their own pixels. For <c>and</c>, <c>or</c> and <c>xor</c> a weight above 0.5 is
/// true.
/// </summary>
internal sealed unsafe class MaskCompositeNode : Node
{
    private const int Destination = 0;
    private const int Source = 1;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "MaskComposite",
        Category = "mask",
        Description = "A mask combined with another.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("destination", LinkType.Mask),
            new LinkInput("source", LinkType.Mask),
            new IntegerInput("x", Default: 0, Min: 0, Max: ScaleInputs.MaxSide),
            new IntegerInput("y", Default: 0, Min: 0, Max: ScaleInputs.MaxSide),
            new ChoiceInput("operation", "multiply", "add", "subtract", "and", "or", "xor"),
        ],
        Outputs = [LinkType.Mask],
        Create = static (settings, _) => new MaskCompositeNode(settings.Integer("x"), settings.Integer("y"), settings.Choice("operation")),
    };

    private readonly MaskPlane _mask = new(1, 1);
    private readonly string _operation;
    private readonly int _left;
    private readonly int _top;

    private MaskCompositeNode(int left, int top, string operation) => (_left, _top, _operation) = (left, top, operation);

    public override void Run(NodeContext context)
    {
        MaskPlane destination = context.Mask(Destination)!;
        MaskPlane source = context.Mask(Source)!;
        _mask.Resize(destination.Width, destination.Height);
        destination.Weights.CopyTo(_mask.Weights);
        int width = Math.Min(source.Width, _mask.Width - _left);
        int height = Math.Min(source.Height, _mask.Height - _top);
        for (int y = 0; y < height && width > 0; y++)
            Combine(new Span<float>(_mask.Row(_top + y) + _left, width), new ReadOnlySpan<float>(source.Row(y), width));
        TensorPrimitives.Max(_mask.Weights, 0f, _mask.Weights);
        TensorPrimitives.Min(_mask.Weights, 1f, _mask.Weights);
        context.SetMask(_mask);
    }

    public override void Dispose() => _mask.Dispose();

    private void Combine(Span<float> target, ReadOnlySpan<float> source)
    {
        switch (_operation)
        {
            case "multiply":
                TensorPrimitives.Multiply(target, source, target);
                break;
            case "add":
                TensorPrimitives.Add(target, source, target);
                break;
            case "subtract":
                TensorPrimitives.Subtract(target, source, target);
                break;
            default:
                Decide(target, source);
                break;
        }
    }

    private void Decide(Span<float> target, ReadOnlySpan<float> source)
    {
        for (int i = 0; i < target.Length; i++)
        {
            (bool first, bool second) = (target[i] > 0.5f, source[i] > 0.5f);
            bool result = _operation switch { "and" => first & second, "or" => first | second, _ => first ^ second };
            target[i] = result ? 1 : 0;
        }
    }
}
