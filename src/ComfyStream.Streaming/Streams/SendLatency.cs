using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Transport;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// Records how long pictures were in the relay: from the last packet in until the kernel has the last packet out. Owned by one
/// event loop.
/// </summary>
internal sealed class SendLatency(StageTimes times) : ILoopWork
{
    private readonly List<TimeSpan> _arrivals = new(64);

    /// <summary>Notes a picture that this turn sends.</summary>
    public void Observe(EventLoop loop, TimeSpan sourceArrival)
    {
        if (_arrivals.Count == 0)
            loop.AfterSend(this);
        _arrivals.Add(sourceArrival);
    }

    /// <inheritdoc/>
    public void Run(EventLoop loop)
    {
        TimeSpan now = EventLoop.Now;
        foreach (TimeSpan arrival in _arrivals)
            times.Record(now - arrival);
        _arrivals.Clear();
    }
}
