namespace ComfyStream.Server.Limits;

/// <summary>
/// How busy our event loops are: the share of the last seconds in which they were not waiting for something to do. Measured when it
/// is asked for, at most once in two seconds; thread-safe by one lock.
/// </summary>
/// <param name="idleTimes">How long each loop has waited since it began.</param>
/// <param name="clock">Tells how long that is ago.</param>
internal sealed class LoopLoad(Func<IReadOnlyList<TimeSpan>> idleTimes, TimeProvider clock)
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(2);

    // Of an older measurement it is not known what happened since: an idle server is not asked.
    private static readonly TimeSpan _longestInterval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private IReadOnlyList<TimeSpan> _before = [];
    private long _at;
    private double _load;

    /// <summary>That of the loop with the least to do, 0 to 1: new sessions go to it.</summary>
    public double Least
    {
        get
        {
            lock (_gate)
            {
                TimeSpan elapsed = clock.GetElapsedTime(_at);
                if (_before.Count == 0 || elapsed >= _interval)
                    Measure(elapsed);
                return _load;
            }
        }
    }

    private void Measure(TimeSpan elapsed)
    {
        IReadOnlyList<TimeSpan> now = idleTimes();
        double load = _before.Count == 0 || elapsed > _longestInterval ? 0 : now.Zip(_before).Min(idle => 1 - ((idle.First - idle.Second) / elapsed));
        _load = Math.Clamp(load, 0, 1);
        _before = now;
        _at = clock.GetTimestamp();
    }
}
