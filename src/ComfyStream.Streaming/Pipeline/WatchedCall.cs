namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// The one call into a workflow that may be in flight. It is ended by exactly one of two: the worker, when it returns, or the
/// supervisor, who gives it up; <see cref="TryEnd"/> settles which. A call is known by the time when it began.
/// </summary>
internal sealed class WatchedCall
{
    private const long None = 0;

    private long _begunTicks = None;
    private long _cancelled = None;

    /// <summary>Begins a call; on a worker, when none is in flight. Returns what it is known by.</summary>
    public long Begin(TimeSpan now)
    {
        long call = Math.Max(None + 1, now.Ticks);
        Volatile.Write(ref _begunTicks, call);
        return call;
    }

    /// <summary>Ends a call. False when another has ended it: what was its is nobody's any more.</summary>
    public bool TryEnd(long call) => Interlocked.CompareExchange(ref _begunTicks, None, call) == call;

    /// <summary>The call in flight, if there is one (any thread).</summary>
    public bool TryGet(out long call)
    {
        call = Volatile.Read(ref _begunTicks);
        return call != None;
    }

    /// <summary>Notes that a call is asked to end; by one supervisor at a time. False when it was asked already.</summary>
    public bool TryMarkCancelled(long call)
    {
        if (_cancelled == call)
            return false;
        _cancelled = call;
        return true;
    }
}
