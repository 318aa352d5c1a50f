namespace ComfyStream.Benchmarks.Relaying;

/// <summary>CPU time by threads' names.</summary>
internal static class ThreadUse
{
    // Less is the noise of reading it.
    private const double LeastSeconds = 0.001;

    /// <summary>Seconds between two readings, most first.</summary>
    public static IEnumerable<(string Name, double Seconds)> Between(
        Dictionary<int, (string Name, double Seconds)> before, Dictionary<int, (string Name, double Seconds)> after) =>
        after
            .Select(thread => (thread.Value.Name, Seconds: thread.Value.Seconds - before.GetValueOrDefault(thread.Key).Seconds))
            .GroupBy(thread => thread.Name, thread => thread.Seconds)
            .Select(group => (Name: group.Key, Seconds: group.Sum()))
            .Where(group => group.Seconds >= LeastSeconds)
            .OrderByDescending(group => group.Seconds);
}
