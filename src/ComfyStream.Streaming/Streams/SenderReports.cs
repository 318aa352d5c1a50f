namespace ComfyStream.Streaming.Streams;

/// <summary>
/// What one track's sender reports say of its sender's wall clock. Senders stamp a report when they come to it, so stamps are late by
/// chance and never early: of the last few the earliest is believed. Owned by the publisher's event loop.
/// </summary>
/// <param name="clockRate">Of the RTP clock, in Hz.</param>
internal sealed class SenderReports(int clockRate)
{
    private const int Capacity = 8;

    // More than a stamp's lateness; below it the clocks of a sender that drift apart.
    private static readonly TimeSpan LargestSpread = TimeSpan.FromMilliseconds(100);

    private readonly TimeSpan[] _offsets = new TimeSpan[Capacity];
    private int _count;
    private int _next;
    private int _needed = 1;
    private ulong _lastNtpTime;

    /// <summary>The sender's wall clock at RTP timestamp 0; null while it is not known.</summary>
    public TimeSpan? Offset
    {
        get
        {
            if (_count < _needed)
                return null;
            TimeSpan least = _offsets[0];
            for (int i = 1; i < _count; i++)
                least = _offsets[i] < least ? _offsets[i] : least;
            return least;
        }
    }

    /// <summary>
    /// Takes the last report, which may be the one that it was before. False when it contradicts those before it: then they are
    /// forgotten, and two that agree are needed until the clock is known again.
    /// </summary>
    public bool TryAdd(ulong ntpTime, long rtpTimestamp)
    {
        // A sender without a wall clock says 0 (RFC 3550 6.4.1), aiortc also before its first packet.
        if (ntpTime == 0 || ntpTime == _lastNtpTime)
            return true;

        _lastNtpTime = ntpTime;
        TimeSpan offset = RtpClock.ToTime(ntpTime) - RtpClock.ToTime(rtpTimestamp, clockRate);
        bool agrees = _count == 0 || (offset - _offsets[(_next + Capacity - 1) % Capacity]).Duration() <= LargestSpread;
        if (!agrees)
            Forget();
        _offsets[_next] = offset;
        _next = (_next + 1) % Capacity;
        _count = Math.Min(_count + 1, Capacity);
        return agrees;
    }

    /// <summary>What was said is void: the RTP clock or the wall clock is another one.</summary>
    public void Forget()
    {
        // One report alone may be the last one of the clock before.
        if (_count > 0)
            _needed = 2;
        _count = 0;
        _next = 0;
    }
}
