namespace ComfyStream.Streaming.Streams;

/// <summary>
/// Bounds what one output's viewers may ask of key frames together: those who missed a picture get one in two seconds at most, and
/// whoever asks in between is remembered. Those who join are not held up here; encoders and publishers space all requests out. Any thread.
/// </summary>
internal sealed class KeyFrameRequests
{
    private const int Nobody = -1;
    private static readonly TimeSpan LeastInterval = TimeSpan.FromSeconds(2);

    private long _lastTicks = -LeastInterval.Ticks;
    private int _waiting = Nobody;

    /// <summary>Whether a viewer's request is passed on at once.</summary>
    public bool Allows(TimeSpan now, ViewerFormats viewer, bool isJoining)
    {
        if (isJoining || TryPass(now))
            return true;
        Volatile.Write(ref _waiting, viewer.Index);
        return false;
    }

    /// <summary>A request that had to wait and is passed on now. Called often by one thread.</summary>
    public bool TryTakeDue(TimeSpan now, out ViewerFormats viewer)
    {
        int waiting = Volatile.Read(ref _waiting);
        viewer = waiting == Nobody ? default : ViewerFormats.At(waiting);
        if (waiting == Nobody || !TryPass(now))
            return false;
        NoteKeyFrame();
        return true;
    }

    /// <summary>Notes that a key frame goes out: nobody waits for one any more, and who loses it asks again.</summary>
    public void NoteKeyFrame() => Volatile.Write(ref _waiting, Nobody);

    private bool TryPass(TimeSpan now)
    {
        long last = Volatile.Read(ref _lastTicks);
        return now.Ticks - last >= LeastInterval.Ticks && Interlocked.CompareExchange(ref _lastTicks, now.Ticks, last) == last;
    }
}
