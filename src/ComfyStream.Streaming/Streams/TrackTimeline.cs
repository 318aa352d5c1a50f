namespace ComfyStream.Streaming.Streams;

/// <summary>
/// Maps one track's RTP clock onto media time. Frames keep the sender's distances, so that network jitter does not reach viewers.
/// Where the RTP clock is another one (a new source, a jump) the mapping begins anew, as far from arrival as it was before. No
/// frame comes before those that were given before a move, and none more than some seconds ahead of its arrival, whatever the sender's
/// clocks and reports say. Owned by the publisher's event loop.
/// </summary>
internal sealed class TrackTimeline
{
    private static readonly TimeSpan LargestJump = TimeSpan.FromMilliseconds(500);

    // Frames that were held up on the way come later, but ever less; those of a clock that stood still stay late.
    private static readonly TimeSpan PatienceWithLate = TimeSpan.FromSeconds(1);

    // Two frames with one RTP timestamp are one frame to a player.
    private static readonly TimeSpan LeastStep = TimeSpan.FromMilliseconds(1);

    // Frames that come faster than that must not push the time into the future.
    private static readonly TimeSpan LeastStepAhead = TimeSpan.FromTicks(1);

    // More than reports may set a track apart from its arrival; what is beyond comes of clocks that contradict themselves.
    private static readonly TimeSpan MostAhead = TimeSpan.FromSeconds(6);

    private readonly int _clockRate;
    private readonly bool _isReordered;
    private uint _ssrc;
    private TimeSpan _floor;
    private TimeSpan? _lateSince;
    private TimeSpan _firstTransit;
    private long _lastTicks;

    /// <param name="clockRate">Of the RTP clock, in Hz.</param>
    /// <param name="isReordered">Whether frames may come in another order than their times (B-frames do).</param>
    /// <param name="notBefore">The first frame comes after it.</param>
    public TrackTimeline(int clockRate, bool isReordered, TimeSpan notBefore)
    {
        _clockRate = clockRate;
        _isReordered = isReordered;
        _floor = notBefore;
        _lastTicks = notBefore.Ticks;
        Reports = new SenderReports(clockRate);
    }

    /// <summary>Whether a frame has come.</summary>
    public bool IsStarted { get; private set; }

    /// <summary>The latest media time given (any thread).</summary>
    public TimeSpan Last => TimeSpan.FromTicks(Volatile.Read(ref _lastTicks));

    /// <summary>Media time at RTP timestamp 0.</summary>
    public TimeSpan Offset { get; private set; }

    /// <summary>When the last frame arrived.</summary>
    public TimeSpan LastArrival { get; private set; }

    /// <summary>What its sender reports say.</summary>
    public SenderReports Reports { get; }

    /// <summary>How its frames arrive.</summary>
    public TransitTime Transit { get; } = new();

    /// <summary>Places the first frame.</summary>
    public TimeSpan Start(uint ssrc, long rtpTimestamp, TimeSpan arrival, TimeSpan time)
    {
        IsStarted = true;
        _ssrc = ssrc;
        LastArrival = arrival;
        Offset = time - RtpClock.ToTime(rtpTimestamp, _clockRate);
        _firstTransit = arrival - time;
        Transit.Start(arrival, _firstTransit);
        return Give(time, arrival);
    }

    /// <summary>The media time of a frame, after the first one.</summary>
    public TimeSpan Map(uint ssrc, long rtpTimestamp, TimeSpan arrival)
    {
        TimeSpan time = Offset + RtpClock.ToTime(rtpTimestamp, _clockRate);
        TimeSpan transit = Transit.Least < _firstTransit - MostAhead ? _firstTransit : Transit.Least;
        TimeSpan deviation = arrival - time - transit;
        LastArrival = arrival;
        if (ssrc != _ssrc || deviation < -LargestJump || time < Last - LargestJump || IsLateForLong(arrival, deviation))
        {
            _ssrc = ssrc;
            _lateSince = null;
            Reports.Forget();
            Offset += deviation;
            time += deviation;
            Transit.Start(arrival, transit);
            KeepOrder();
        }

        if (_lateSince is null)
            Transit.Observe(arrival, arrival - time);
        return Give(time, arrival);
    }

    /// <summary>Moves what comes next.</summary>
    public void Move(TimeSpan by)
    {
        Offset += by;
        Transit.Move(by);
        KeepOrder();
    }

    private bool IsLateForLong(TimeSpan arrival, TimeSpan deviation)
    {
        if (deviation <= LargestJump)
        {
            _lateSince = null;
            return false;
        }

        _lateSince ??= arrival;
        return arrival - _lateSince >= PatienceWithLate;
    }

    private void KeepOrder() => _floor = Last;

    private TimeSpan Give(TimeSpan time, TimeSpan arrival)
    {
        if (!_isReordered)
            KeepOrder();
        if (time <= _floor)
            time = _floor += _floor < arrival - _firstTransit + MostAhead ? LeastStep : LeastStepAhead;
        if (time > Last)
            Volatile.Write(ref _lastTicks, time.Ticks);
        return time;
    }
}
