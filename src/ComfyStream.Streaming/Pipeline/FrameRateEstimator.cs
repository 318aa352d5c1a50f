namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// Estimates the rate of pictures from their media times, in steps coarse enough that an encoder need not be replaced for a
/// passing stall. Owned by one thread.
/// </summary>
internal sealed class FrameRateEstimator(double initialFramesPerSecond)
{
    private const int WindowFrames = 60;
    private const double ChangeThreshold = 0.25;

    private TimeSpan _windowStart;
    private int _windowFrames = -1;

    /// <summary>The current estimate, 1 to 120.</summary>
    public double FramesPerSecond { get; private set; } = initialFramesPerSecond;

    /// <summary>Counts a picture. True when the estimate has changed by a quarter or more.</summary>
    public bool Observe(TimeSpan mediaTime)
    {
        if (_windowFrames < 0 || mediaTime < _windowStart)
        {
            (_windowStart, _windowFrames) = (mediaTime, 0);
            return false;
        }

        if (++_windowFrames < WindowFrames)
            return false;

        double measured = Math.Clamp(WindowFrames / Math.Max(1e-3, (mediaTime - _windowStart).TotalSeconds), 1, 120);
        (_windowStart, _windowFrames) = (mediaTime, 0);
        if (Math.Abs(measured - FramesPerSecond) < ChangeThreshold * FramesPerSecond)
            return false;
        FramesPerSecond = Math.Round(measured);
        return true;
    }
}
