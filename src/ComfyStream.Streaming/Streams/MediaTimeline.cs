namespace ComfyStream.Streaming.Streams;

/// <summary>
/// Maps one received track's RTP clock onto the server's monotonic time: the first frame is placed at its arrival, later ones by
/// the RTP clock, so that network jitter does not reach viewers. A jump of the sender's clock, or a drift beyond what players
/// smooth out, starts the mapping anew without ever going back. Owned by the publisher's event loop.
/// </summary>
/// <param name="clockRate">Of the RTP clock, in Hz.</param>
/// <param name="notBefore">The first frame comes after it: where an earlier publisher of the same stream ended.</param>
internal sealed class MediaTimeline(int clockRate, TimeSpan notBefore = default)
{
    private static readonly TimeSpan LargestDrift = TimeSpan.FromMilliseconds(500);

    // Two frames with one RTP timestamp are one frame to a player.
    private static readonly TimeSpan LeastStep = TimeSpan.FromMilliseconds(1);

    private long _baseRtp;
    private TimeSpan _baseTime;
    private long _lastTicks = notBefore.Ticks;
    private bool _started;

    /// <summary>The latest media time given (any thread).</summary>
    public TimeSpan Last => TimeSpan.FromTicks(Volatile.Read(ref _lastTicks));

    /// <summary>The media time of a frame with that RTP timestamp (unwrapped) that began to arrive at that time.</summary>
    public TimeSpan Map(long rtpTimestamp, TimeSpan arrival)
    {
        TimeSpan time = _baseTime + TimeSpan.FromTicks((long)Math.Round((rtpTimestamp - _baseRtp) * (double)TimeSpan.TicksPerSecond / clockRate));
        if (!_started || (time - arrival).Duration() > LargestDrift)
        {
            _started = true;
            time = Last + LeastStep > arrival ? Last + LeastStep : arrival;
            (_baseRtp, _baseTime) = (rtpTimestamp, time);
        }

        if (time > Last)
            Volatile.Write(ref _lastTicks, time.Ticks);
        return time;
    }
}
