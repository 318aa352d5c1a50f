namespace ComfyStream.Workflows.Detection;

/// <summary>
/// Keeps what was found for a while after it is no longer found, in the stream's own time: a detector loses a face for a few
/// pictures when it turns or moves fast, and what covers the face must not open then. One thread at a time.
/// </summary>
/// <param name="capacity">Boxes that are held or given at most; those of the newest picture come first.</param>
/// <param name="duration">How long after the picture that showed it a box is still given.</param>
internal sealed class BoxHold(int capacity, TimeSpan duration)
{
    /// <summary>The thing under a held box may move on unseen: every second the box grows by its own size.</summary>
    private const double GrowthPerSecond = 1;

    /// <summary>So long it does not grow: longer than the detector takes to look everywhere once.</summary>
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    private readonly (Box Box, TimeSpan SeenAt)[] _held = new (Box, TimeSpan)[capacity];
    private int _count;

    /// <summary>The boxes of the newest picture and those that are held.</summary>
    public BoxList Boxes { get; } = new(capacity);

    /// <summary>Takes what was found in a picture.</summary>
    public void Update(ReadOnlySpan<Box> found, TimeSpan mediaTime)
    {
        found = found[..Math.Min(found.Length, capacity)];
        ForgetOldAndFoundAgain(found, mediaTime);
        PutFirst(found, mediaTime);

        Boxes.Clear();
        for (int i = 0; i < _count; i++)
        {
            (Box box, TimeSpan seenAt) = _held[i];
            double unseenSeconds = Math.Max(0, (mediaTime - seenAt - BetweenLooks).TotalSeconds);
            Boxes.Add(box.Scaled((float)(1 + GrowthPerSecond * unseenSeconds)));
        }
    }

    private void ForgetOldAndFoundAgain(ReadOnlySpan<Box> found, TimeSpan mediaTime)
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            (Box box, TimeSpan seenAt) = _held[i];

            // The stream's time went back: the old time says nothing, so the full duration begins again.
            if (seenAt > mediaTime)
                seenAt = mediaTime;
            if (mediaTime - seenAt < duration && !IsAmong(box, found))
                _held[kept++] = (box, seenAt);
        }

        _count = kept;
    }

    private static bool IsAmong(in Box box, ReadOnlySpan<Box> found)
    {
        foreach (ref readonly Box other in found)
        {
            if (Box.IntersectionOverUnion(box, other) > BoxMerger.MinCommonPart)
                return true;
        }

        return false;
    }

    private void PutFirst(ReadOnlySpan<Box> found, TimeSpan mediaTime)
    {
        int kept = Math.Min(_count, capacity - found.Length);
        Array.Copy(_held, 0, _held, found.Length, kept);
        for (int i = 0; i < found.Length; i++)
            _held[i] = (found[i], mediaTime);
        _count = found.Length + kept;
    }
}
