using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// Hands on a new picture at most so many times a second of the stream, and the last one again in between, which counts as unchanged:
/// detectors after it rest and keep their results.
/// </summary>
internal sealed class FrameRateLimitNode : Node
{
    private const int Image = 0;

    /// <summary>Of the interval: capture times tremble, and a picture that comes a little early must not wait for the next one.</summary>
    private const double Early = 0.1;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "FrameRateLimit",
        DisplayName = "Frame Rate Limit",
        Category = "ComfyStream/Time",
        Description = "At most so many new pictures a second; in between the last one again.",
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new NumberInput("fps", Default: 10, Min: 0.1, Max: 60, Step: 0.1),
        ],
        Outputs = [LinkType.Image],
        Overwritable = Image,
        Create = static (settings, resources) => new FrameRateLimitNode(settings, resources.Frames),
    };

    private readonly VideoFramePool _frames;
    private VideoFrame? _last;
    private TimeSpan _interval;

    /// <summary>When the last picture was due, which need not be when it came: so the rate is kept on average.</summary>
    private TimeSpan _due;

    private FrameRateLimitNode(NodeSettings settings, VideoFramePool frames)
    {
        _frames = frames;
        TryApply(settings);
    }

    public override bool TryApply(NodeSettings settings)
    {
        _interval = TimeSpan.FromSeconds(1 / settings.Number("fps"));
        return true;
    }

    public override void Run(NodeContext context)
    {
        VideoFrame source = context.Image(Image);
        if (_last is { } last && IsEarly(context.MediaTime) && (last.Width, last.Height, last.IsBt709) == (source.Width, source.Height, context.IsBt709))
        {
            FrameCopier.Copy(last, context.Target(source.Width, source.Height));
            context.SetUnchanged();
            return;
        }

        Keep(source, context.IsBt709);
        TimeSpan next = _due + _interval;
        bool isOnTime = next <= context.MediaTime + Early * _interval && context.MediaTime < next + _interval;
        _due = isOnTime ? next : context.MediaTime;
        FrameCopier.Copy(source, context.Target(source.Width, source.Height));
    }

    public override void Dispose() => _last?.Return();

    private bool IsEarly(TimeSpan time) => time >= _due - _interval && time < _due + (1 - Early) * _interval;

    private void Keep(VideoFrame source, bool isBt709)
    {
        if (_last is null || _last.Width != source.Width || _last.Height != source.Height)
        {
            _last?.Return();
            _last = _frames.Rent(source.Width, source.Height);
        }

        _last.CopyPixelsFrom(source);
        _last.IsBt709 = isBt709;
    }
}
