namespace ComfyStream.Streaming.Streams;

/// <summary>
/// A slow 95th percentile of what pictures take. A longer one raises it 19 times as far as a shorter one lowers it, no matter how
/// much longer: a hiccup of seconds counts as one picture. One thread at a time records; any thread reads.
/// </summary>
internal sealed class LatencyPercentile
{
    // At 30 pictures a second: up 100 ms within a second, down 100 ms in 17.
    private static readonly TimeSpan Rise = TimeSpan.FromMilliseconds(3.8);
    private static readonly TimeSpan Fall = Rise / 19;

    private long _ticks;

    /// <summary>The estimate; it stays while nothing is recorded.</summary>
    public TimeSpan Value => TimeSpan.FromTicks(Volatile.Read(ref _ticks));

    /// <summary>Records what a picture took.</summary>
    public void Record(TimeSpan latency)
    {
        TimeSpan next = latency > Value ? Value + Rise : Value - Fall;
        Volatile.Write(ref _ticks, Math.Max(next.Ticks, 0));
    }
}
