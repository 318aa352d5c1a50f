namespace ComfyStream.Streaming.Streams;

/// <summary>
/// How much later than their media time the frames of one track arrive. The least of ten seconds is free of jitter: its change over
/// the hours is the drift between the sender's clock and ours. Owned by the publisher's event loop.
/// </summary>
internal sealed class TransitTime
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    // A packet of sound as most senders make them. Its RTP timestamps must follow each other without a gap, as anything else is a
    // lost packet to a player: so a clock is followed in steps that are worth one, and not packet by packet.
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    // 100 ppm: two quartz clocks are not further apart.
    private static readonly TimeSpan StepInterval = TimeSpan.FromSeconds(200);
    private static readonly TimeSpan LargestDrift = TimeSpan.FromMilliseconds(500);

    private TimeSpan _current;
    private TimeSpan? _recent;
    private TimeSpan? _reference;
    private TimeSpan _windowEnd;
    private TimeSpan _nextStep;
    private bool _hasNewWindow;

    /// <summary>The least of late.</summary>
    public TimeSpan Least => _recent < _current ? _recent.Value : _current;

    /// <summary>The first frame's.</summary>
    public void Start(TimeSpan arrival, TimeSpan transit)
    {
        (_current, _recent, _reference) = (transit, null, null);
        _windowEnd = arrival + Window;
        _hasNewWindow = false;
    }

    /// <summary>The next frame's.</summary>
    public void Observe(TimeSpan arrival, TimeSpan transit)
    {
        if (arrival >= _windowEnd)
        {
            _reference ??= _current;
            (_recent, _current) = (_current, transit);
            _windowEnd = arrival + Window;
            _hasNewWindow = true;
        }

        if (transit < _current)
            _current = transit;
    }

    /// <summary>
    /// What media time must be moved by (<see cref="Move"/>) to follow the sender's clock: a step of 20 ms at most every 200 s, or
    /// all of it when the clocks are worlds apart.
    /// </summary>
    public bool TryGetStep(TimeSpan now, out TimeSpan step)
    {
        step = default;
        if (!_hasNewWindow || _reference is not { } reference || _recent is not { } recent)
            return false;

        _hasNewWindow = false;
        TimeSpan drift = recent - reference;
        if (drift.Duration() > LargestDrift)
            step = drift;
        else if (drift.Duration() >= Step && now >= _nextStep)
            step = drift > TimeSpan.Zero ? Step : -Step;
        else
            return false;
        _nextStep = now + StepInterval;
        return true;
    }

    /// <summary>Media time was moved.</summary>
    public void Move(TimeSpan by)
    {
        _current -= by;
        _recent -= by;
    }

    /// <summary>From now on what comes is as it ought to be.</summary>
    public void ForgetDrift() => _reference = null;
}
