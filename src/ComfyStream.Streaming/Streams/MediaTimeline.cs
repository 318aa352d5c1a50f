namespace ComfyStream.Streaming.Streams;

/// <summary>
/// Maps one received track's RTP clock onto the server's monotonic time: the first frame is placed at its arrival, later ones by
/// the RTP clock, so that network jitter does not reach viewers. A jump of the sender's clock, or a drift beyond what players
/// smooth out, starts the mapping anew without ever going back. Owned by the publisher's event loop.
/// </summary>
internal sealed class MediaTimeline(int clockRate)
{
    private static readonly TimeSpan LargestDrift = TimeSpan.FromMilliseconds(500);

    private long _baseRtp;
    private TimeSpan _baseTime;
    private TimeSpan _last = TimeSpan.MinValue;
    private bool _started;

    /// <summary>The media time of a frame with that RTP timestamp (unwrapped) that began to arrive at that time.</summary>
    public TimeSpan Map(long rtpTimestamp, TimeSpan arrival)
    {
        TimeSpan time = _baseTime + TimeSpan.FromTicks((long)Math.Round((rtpTimestamp - _baseRtp) * (double)TimeSpan.TicksPerSecond / clockRate));
        if (!_started || (time - arrival).Duration() > LargestDrift)
        {
            _started = true;
            time = _last > arrival ? _last : arrival;
            (_baseRtp, _baseTime) = (rtpTimestamp, time);
        }

        if (time > _last)
            _last = time;
        return time;
    }
}
