namespace ComfyStream.Workflows.Pixels;

/// <summary>Pixels outside a picture by reflection about its outermost ones, which are not repeated: 2 1 | 0 1 2 3 | 2 1.</summary>
internal static class Mirroring
{
    /// <summary>The place inside that stands for any place.</summary>
    public static int Inside(int place, int length)
    {
        if ((uint)place < (uint)length)
            return place;
        if (length == 1)
            return 0;
        int period = 2 * (length - 1);
        int within = Math.Abs(place) % period;
        return within < length ? within : period - within;
    }
}
