using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>Two pictures in shares, and from one share to another in so much time of the stream: a dissolve between two looks.</summary>
internal sealed class CrossfadeNode : Node
{
    private const int First = 0;
    private const int Second = 1;

    /// <summary>After a gap as long as this, a fade does not go on where it was.</summary>
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(0.5);

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "Crossfade",
        DisplayName = "Crossfade",
        Category = "ComfyStream/Overlay",
        Description = "Two pictures in shares; when the shares are changed, slowly.",
        Inputs =
        [
            new LinkInput("image1", LinkType.Image),
            new LinkInput("image2", LinkType.Image),
            new NumberInput("mix", Default: 0.5, Min: 0, Max: 1) { Tooltip = "0 is image1 alone, 1 image2." },
            new IntegerInput("fade_ms", Default: 500, Min: 0, Max: 60000) { Tooltip = "How long a change of mix from 0 to 1 takes." },
        ],
        Outputs = [LinkType.Image],
        Overwritable = First,
        Create = static (settings, resources) => new CrossfadeNode(settings, resources.Frames),
    };

    private readonly VideoFramePool _frames;
    private readonly PictureScaler _enlarger = new(ScaleMethod.Bilinear);
    private readonly PictureScaler _reducer = new(ScaleMethod.Area);
    private VideoFrame? _fitted;
    private float? _mix;
    private float _wanted;
    private TimeSpan _fade;
    private TimeSpan _last;

    private CrossfadeNode(NodeSettings settings, VideoFramePool frames)
    {
        _frames = frames;
        TryApply(settings);
    }

    public override bool TryApply(NodeSettings settings)
    {
        (_wanted, _fade) = ((float)settings.Number("mix"), TimeSpan.FromMilliseconds(settings.Integer("fade_ms")));
        return true;
    }

    public override void Run(NodeContext context)
    {
        VideoFrame first = context.Image(First);
        float mix = Advance(context.MediaTime);
        VideoFrame second = mix > 0 ? Fit(context, first.Width, first.Height) : first;
        VideoFrame target = context.Target(first.Width, first.Height);
        if (mix == 0)
            FrameCopier.Copy(first, target);
        else if (mix == 1)
            FrameCopier.Copy(second, target);
        else
            FrameFader.Fade(first, second, target, mix);
    }

    public override void Dispose()
    {
        _fitted?.Return();
        _enlarger.Dispose();
        _reducer.Dispose();
    }

    private float Advance(TimeSpan time)
    {
        TimeSpan elapsed = time - _last;
        _last = time;
        if (_mix is not { } mix || elapsed < TimeSpan.Zero || elapsed > LongestGap || _fade == TimeSpan.Zero)
            mix = _wanted;
        else
            mix += Math.Clamp(_wanted - mix, -(float)(elapsed / _fade), (float)(elapsed / _fade));
        _mix = mix;
        return mix;
    }

    /// <summary>The second picture in the first one's size; one that does not change is not scaled again.</summary>
    private VideoFrame Fit(NodeContext context, int width, int height)
    {
        VideoFrame second = context.Image(Second);
        if (second.Width == width && second.Height == height)
            return second;
        bool isMade = _fitted?.Width == width && _fitted.Height == height;
        if (isMade && context.IsUnchanged(Second))
            return _fitted!;
        if (!isMade)
        {
            _fitted?.Return();
            _fitted = _frames.Rent(width, height);
        }

        PictureScaler scaler = second.Width > width ? _reducer : _enlarger;
        scaler.Scale(new PictureView(second), new PictureView(_fitted!));
        return _fitted!;
    }
}
