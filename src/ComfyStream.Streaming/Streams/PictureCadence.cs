namespace ComfyStream.Streaming.Streams;

/// <summary>When the next picture of an output is to be expected, by when the last ones came. Owned by one event loop.</summary>
internal struct PictureCadence
{
    private const int Smoothing = 8;

    // A source that is slower has no cadence to go by.
    private static readonly TimeSpan _longestInterval = TimeSpan.FromMilliseconds(200);

    private TimeSpan _last;
    private TimeSpan _interval;

    /// <summary>Notes a picture.</summary>
    public void Note(TimeSpan now)
    {
        TimeSpan interval = now - _last;
        if (interval > _longestInterval)
            _interval = TimeSpan.Zero;
        else
            _interval += _interval == TimeSpan.Zero ? interval : (interval - _interval) / Smoothing;
        _last = now;
    }

    /// <summary>Whether the next picture is expected within that time, or was that short a time ago.</summary>
    public readonly bool ExpectsWithin(TimeSpan now, TimeSpan time) =>
        _interval > TimeSpan.Zero && (_last + _interval - now).Duration() <= time;
}
