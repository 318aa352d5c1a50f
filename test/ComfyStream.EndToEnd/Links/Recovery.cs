namespace ComfyStream.EndToEnd.Links;

/// <summary>How the picture went on after an outage.</summary>
/// <param name="First">From the outage's end until the first new picture was shown.</param>
/// <param name="Playing">Until the first one from which on no pause was longer than <see cref="LongestPause"/>.</param>
internal sealed record Recovery(TimeSpan First, TimeSpan Playing)
{
    /// <summary>A longer pause is a standstill: two round trips of the worst link of the tests.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>For so long it is watched.</summary>
    public static readonly TimeSpan Watched = TimeSpan.FromSeconds(2);

    /// <summary>Looks for it in the times at which pictures were shown; null before it can be told.</summary>
    public static Recovery? Find(IReadOnlyList<DateTimeOffset> shown, DateTimeOffset end)
    {
        DateTimeOffset[] after = [.. shown.Where(at => at > end)];
        if (after.Length == 0)
            return null;
        int playing = 0;
        for (int i = 1; i < after.Length; i++)
        {
            if (after[i] - after[i - 1] > LongestPause)
                playing = i;
        }

        return after[^1] - after[playing] >= Watched ? new Recovery(after[0] - end, after[playing] - end) : null;
    }
}
