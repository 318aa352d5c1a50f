namespace ComfyStream.Streaming.Streams;

/// <summary>
/// Finds out whether a publisher sends key frames when it is asked for them: some (OBS, FFmpeg) never do. Frames are observed by
/// the publisher's event loop; requests are noted by any thread.
/// </summary>
internal sealed class KeyFrameObedience
{
    // Requests are repeated every second: two of them, and their way there and back.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2.5);

    private long _askedTicks;
    private volatile bool _isIgnoring;

    /// <summary>Whether the publisher has let a request pass. It stays so: a key frame that comes soon after the next one may be chance.</summary>
    public bool IsIgnoring => _isIgnoring;

    /// <summary>Notes that the publisher was asked.</summary>
    public void NoteRequest(TimeSpan now) => Interlocked.CompareExchange(ref _askedTicks, Math.Max(1, now.Ticks), 0);

    /// <summary>Notes that a picture has come.</summary>
    public void Observe(TimeSpan now, bool isKeyFrame)
    {
        long asked = Volatile.Read(ref _askedTicks);
        if (asked == 0)
            return;
        if (now.Ticks - asked > Patience.Ticks)
            _isIgnoring = true;
        if (isKeyFrame)
            Volatile.Write(ref _askedTicks, 0);
    }
}
