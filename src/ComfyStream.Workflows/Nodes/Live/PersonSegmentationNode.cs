using System.Numerics.Tensors;
using ComfyStream.Media;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// Where people are in a picture (1) and where they are not (0), by MediaPipe's selfie segmentation. When nobody has been there for
/// a second, <c>when_empty</c> decides: <c>blur</c> says 0 everywhere, so that an effect on the background covers all and a privacy
/// blur never opens by itself; <c>pass</c> says 1 everywhere, so that the picture stays as it is. The network's doubts are settled
/// before smoothing: up to <c>background_below</c> is background, from <c>person_above</c> on person, in between a soft edge.
/// </summary>
internal sealed unsafe class PersonSegmentationNode : Node
{
    private const int Image = 0;
    private const string Model = "selfie-segmentation-landscape";
    private const int Width = 256;
    private const int Height = 144;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "PersonSegmentation",
        DisplayName = "Person Segmentation",
        Category = "ComfyStream/Detection",
        Description = "1 where people are, 0 elsewhere.",
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new NumberInput("smoothing", Default: 0.6, Min: 0, Max: 1),
            new ChoiceInput("when_empty", "blur", "pass"),
            new NumberInput("background_below", Default: 0.5, Min: 0, Max: 0.7),
            new NumberInput("person_above", Default: 0.8, Min: 0.75, Max: 1),
        ],
        Outputs = [LinkType.Mask],
        Create = static (settings, resources) => new PersonSegmentationNode(settings, resources.Models),
    };

    private readonly ModelSession _session;
    private readonly RgbTensorWriter _writer;
    private readonly MaskSmoother _smoother;
    private readonly float _backgroundBelow;
    private readonly float _edgeScale;

    private PersonSegmentationNode(NodeSettings settings, ModelStore models)
    {
        _session = models.CreateSession(Model, inputShape: [1, 3, Height, Width], [1, 1, Height, Width]);
        _writer = new RgbTensorWriter(Width, Height);
        _smoother = new MaskSmoother(Width, Height, settings.Number("smoothing"), settings.Choice("when_empty") == "pass" ? 1 : 0);
        _backgroundBelow = (float)settings.Number("background_below");
        _edgeScale = 1 / ((float)settings.Number("person_above") - _backgroundBelow);
    }

    public override void Run(NodeContext context)
    {
        _writer.Write(context.Image(Image), _session.Input);
        _session.Run();
        var mask = new Span<float>(_session.Output(0), Width * Height);
        SettleDoubts(mask);
        _smoother.Update(mask, context.MediaTime);
        context.SetMask(_smoother.Mask);
    }

    private void SettleDoubts(Span<float> mask)
    {
        TensorPrimitives.Subtract(mask, _backgroundBelow, mask);
        TensorPrimitives.Multiply(mask, _edgeScale, mask);
        TensorPrimitives.Max(mask, 0f, mask);
        TensorPrimitives.Min(mask, 1f, mask);
    }

    public override void Cancel() => _session.Cancel();

    public override void Rearm() => _session.Rearm();

    public override void Dispose()
    {
        _session.Dispose();
        _writer.Dispose();
        _smoother.Dispose();
    }
}
