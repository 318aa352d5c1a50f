namespace ComfyStream.Workflows.Tests;

/// <summary>Managed bytes.</summary>
internal static class Allocated
{
    /// <summary>
    /// What this thread allocates in a run: the least of three, because a collection that another test causes meanwhile counts what is
    /// left of the thread's own block as allocated.
    /// </summary>
    public static long By(Action run)
    {
        long least = long.MaxValue;
        for (int i = 0; i < 3; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
