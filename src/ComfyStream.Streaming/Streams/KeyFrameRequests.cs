namespace ComfyStream.Streaming.Streams;

/// <summary>
/// Bounds what one output's viewers may ask of key frames together: those who missed a picture get one in two seconds at most. Those
/// who join are not held up here; encoders and publishers space all requests out. Any thread.
/// </summary>
internal sealed class KeyFrameRequests
{
    private static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(2);

    private long _lastTicks = -LeastInterval.Ticks;
    private long _refused;

    /// <summary>Requests that others had made already.</summary>
    public long RefusedCount => Volatile.Read(ref _refused);

    /// <summary>Whether a viewer's request is passed on.</summary>
    public bool Allows(TimeSpan now, bool isJoining)
    {
        if (isJoining)
            return true;
        long last = Volatile.Read(ref _lastTicks);
        if (now.Ticks - last >= LeastInterval.Ticks && Interlocked.CompareExchange(ref _lastTicks, now.Ticks, last) == last)
            return true;
        Interlocked.Increment(ref _refused);
        return false;
    }
}
