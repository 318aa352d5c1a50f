namespace ComfyStream.Media;

/// <summary>
/// Says when the next periodic key frame is due. Counts media time, because an encoder that counts pictures makes the interval
/// longer whenever fewer pictures come than were announced.
/// </summary>
internal struct KeyFrameClock
{
    /// <summary>From one key frame to the next.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private TimeSpan _last;
    private bool _hasLast;

    /// <summary>Pictures in one interval at the announced rate.</summary>
    public static int Pictures(double framesPerSecond) => Math.Max(1, (int)Math.Round(framesPerSecond * Interval.TotalSeconds));

    /// <summary>Whether the picture of that time must be a key frame. A clock that jumped back counts anew.</summary>
    public readonly bool IsDue(TimeSpan mediaTime) => _hasLast && (mediaTime - _last >= Interval || mediaTime < _last);

    /// <summary>Notes a key frame.</summary>
    public void Restart(TimeSpan mediaTime) => (_last, _hasLast) = (mediaTime, true);
}
