using ComfyStream.Transport;

namespace ComfyStream.Streaming.Diagnostics;

/// <summary>
/// What goes wrong in a stream's stages: everything is counted, and told once until it is over, at most once a second. Any thread.
/// </summary>
/// <param name="onNew">Told what is new, as a sentence that begins with the stage's name.</param>
internal sealed class StreamFailures(Action<string> onNew)
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    private volatile string _last = "";
    private long _lastReportTicks = -ReportInterval.Ticks;
    private long _count;

    /// <summary>What failed last and was not over since, or "".</summary>
    public string Last => _last;

    /// <summary>Failures since the stream began.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>Counts a failure.</summary>
    public void Report(string stage, Exception failure)
    {
        Interlocked.Increment(ref _count);
        string text = $"{stage}: {failure.Message}";
        bool isNew = text != _last;
        _last = text;
        long now = EventLoop.Now.Ticks;
        long last = Volatile.Read(ref _lastReportTicks);
        if (isNew && now - last >= ReportInterval.Ticks && Interlocked.CompareExchange(ref _lastReportTicks, now, last) == last)
            onNew(text);
    }

    /// <summary>Says that what failed works again.</summary>
    public void Clear() => _last = "";
}
