namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// Estimates the rate of pictures from their media times, in steps coarse enough that an encoder need not be replaced for a
/// passing stall. The longest interval of a window does not count: it may be a time in which nobody watched. Owned by one thread.
/// </summary>
internal sealed class FrameRateEstimator(double initialFramesPerSecond)
{
    private const int WindowFrames = 60;
    private const double ChangeThreshold = 0.25;

    private TimeSpan _windowStart;
    private TimeSpan _last;
    private TimeSpan _longest;
    private int _windowFrames = -1;

    /// <summary>The current estimate, 1 to 120.</summary>
    public double FramesPerSecond { get; private set; } = initialFramesPerSecond;

    /// <summary>Counts a picture. True when the estimate has changed by a quarter or more.</summary>
    public bool Observe(TimeSpan mediaTime)
    {
        if (_windowFrames < 0 || mediaTime < _last)
        {
            Begin(mediaTime);
            return false;
        }

        _longest = mediaTime - _last > _longest ? mediaTime - _last : _longest;
        _last = mediaTime;
        if (++_windowFrames < WindowFrames)
            return false;

        double seconds = (mediaTime - _windowStart - _longest).TotalSeconds;
        double measured = Math.Clamp((WindowFrames - 1) / Math.Max(1e-3, seconds), 1, 120);
        Begin(mediaTime);
        if (Math.Abs(measured - FramesPerSecond) < ChangeThreshold * FramesPerSecond)
            return false;
        FramesPerSecond = Math.Round(measured);
        return true;
    }
    private void Begin(TimeSpan mediaTime)
    {
        (_windowStart, _last, _longest) = (mediaTime, mediaTime, TimeSpan.Zero);
        _windowFrames = 0;
    }
}
