using ComfyStream.Media;
using ComfyStream.Workflows.Detection;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// Hands the picture on, and says that it is unchanged while it hardly differs from the last one that was not: detectors after it rest
/// and keep their results.
/// </summary>
internal sealed class MotionGateNode : Node
{
    private const int Image = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "MotionGate",
        DisplayName = "Motion Gate",
        Category = "ComfyStream/Time",
        Description = "Lets detectors after it rest while the picture hardly changes.",
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new NumberInput("threshold", Default: 2, Min: 0, Max: 64, Step: 0.1) { Tooltip = "Levels of 255 by which some place must differ." },
            new IntegerInput("max_skip", Default: 30, Min: 0, Max: 10000) { Tooltip = "After so many unchanged pictures one counts as changed." },
        ],
        Outputs = [LinkType.Image],
        Overwritable = Image,
        Create = static (settings, _) => new MotionGateNode(settings),
    };

    private readonly MotionMeter _meter = new();
    private float _threshold;
    private int _maxSkip;
    private int _skipped;

    private MotionGateNode(NodeSettings settings) => TryApply(settings);

    public override bool TryApply(NodeSettings settings)
    {
        (_threshold, _maxSkip) = ((float)settings.Number("threshold"), settings.Integer("max_skip"));
        return true;
    }

    public override void Run(NodeContext context)
    {
        VideoFrame source = context.Image(Image);
        float difference = _meter.Measure(source);
        VideoFrame target = context.Target(source.Width, source.Height);
        FrameCopier.Copy(source, target);
        if (difference <= _threshold && _skipped < _maxSkip)
        {
            _skipped++;
            context.SetUnchanged();
            return;
        }

        _meter.Keep();
        _skipped = 0;
    }

    public override void Dispose() => _meter.Dispose();
}
