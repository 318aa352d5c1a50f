namespace ComfyStream.EndToEnd.Links;

/// <summary>
/// Decides what happens to each packet of one direction. Pure: times come in, and the same seed with the same packets gives the
/// same decisions. One thread uses it.
/// </summary>
internal sealed class LinkModel(LinkConditions conditions, int seed)
{
    private readonly Random _random = new(seed);
    private TimeSpan _outageUntil = TimeSpan.MinValue;
    private TimeSpan _lineFreeAt = TimeSpan.MinValue;
    private TimeSpan _latestArrival = TimeSpan.MinValue;

    /// <summary>What happened so far.</summary>
    public LinkCounters Counters { get; private set; }

    /// <summary>Drops everything that is sent before <paramref name="until"/>. What is under way arrives.</summary>
    public void BeginOutage(TimeSpan until) => _outageUntil = until;

    /// <summary>Decides on a packet that is sent now.</summary>
    public LinkDecision Send(TimeSpan now, int byteCount)
    {
        // The same number of draws for every packet: what happens to one does not change the luck of the next.
        bool isLost = _random.NextDouble() < conditions.Loss;
        bool isDuplicated = _random.NextDouble() < conditions.Duplication;
        double deviation = 2 * _random.NextDouble() - 1;
        double copyDeviation = 2 * _random.NextDouble() - 1;

        Counters = Counters with { Sent = Counters.Sent + 1 };
        if (now < _outageUntil)
        {
            Counters = Counters with { LostInOutage = Counters.LostInOutage + 1 };
            return default;
        }

        if (!TryTransmit(now, byteCount, out TimeSpan transmitted))
        {
            Counters = Counters with { Overflowed = Counters.Overflowed + 1 };
            return default;
        }

        if (isLost)
        {
            Counters = Counters with { Lost = Counters.Lost + 1 };
            return default;
        }

        TimeSpan arrival = Arrive(transmitted, deviation);
        if (!isDuplicated)
            return new LinkDecision(arrival, null);
        Counters = Counters with { Duplicated = Counters.Duplicated + 1 };
        return new LinkDecision(arrival, Arrive(transmitted, copyDeviation));
    }

    /// <summary>When the line has the packet's last bit; false when its queue is full.</summary>
    private bool TryTransmit(TimeSpan now, int byteCount, out TimeSpan transmitted)
    {
        transmitted = now;
        if (conditions.BitsPerSecond is not { } rate)
            return true;

        TimeSpan begin = _lineFreeAt > now ? _lineFreeAt : now;
        if ((begin - now).TotalSeconds * rate / 8 + byteCount > conditions.QueueBytes)
            return false;
        transmitted = _lineFreeAt = begin + TimeSpan.FromSeconds(byteCount * 8.0 / rate);
        return true;
    }

    private TimeSpan Arrive(TimeSpan transmitted, double deviation)
    {
        TimeSpan arrival = transmitted + conditions.Delay + conditions.Jitter * deviation;
        if (arrival < transmitted)
            arrival = transmitted;
        if (arrival >= _latestArrival)
            _latestArrival = arrival;
        else if (conditions.KeepsOrder)
            arrival = _latestArrival;
        else
            Counters = Counters with { Reordered = Counters.Reordered + 1 };
        return arrival;
    }
}

/// <summary>When a packet arrives, and when its duplicate does; null is never.</summary>
internal readonly record struct LinkDecision(TimeSpan? Arrival, TimeSpan? Duplicate);

/// <summary>Packets of one direction.</summary>
internal readonly record struct LinkCounters
{
    /// <summary>Given to the link.</summary>
    public long Sent { get; init; }

    /// <summary>Lost by chance.</summary>
    public long Lost { get; init; }

    /// <summary>Dropped in an outage.</summary>
    public long LostInOutage { get; init; }

    /// <summary>Dropped because too much waited: for the line, or under way.</summary>
    public long Overflowed { get; init; }

    /// <summary>Delivered twice.</summary>
    public long Duplicated { get; init; }

    /// <summary>Arriving before one that was sent earlier.</summary>
    public long Reordered { get; init; }
}
