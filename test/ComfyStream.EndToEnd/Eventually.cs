using System.Diagnostics;

namespace ComfyStream.EndToEnd;

/// <summary>Waits for what happens in other processes. The limits are far above what a good run needs.</summary>
internal static class Eventually
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan _interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Asks until there is an answer.</summary>
    public static async Task<T> GetAsync<T>(Func<Task<T?>> ask, TimeSpan limit, Func<string> explain)
        where T : class
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            if (await ask() is { } answer)
                return answer;
            if (Stopwatch.GetElapsedTime(start) > limit)
                throw new TimeoutException($"Waited {limit.TotalSeconds} s: {explain()}");
            await Task.Delay(_interval, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Asks until an answer passes, and tells the last one when none does.</summary>
    public static async Task<T> PassesAsync<T>(Func<Task<T>> ask, Func<T, bool> passes, string expectation, TimeSpan? limit = null)
        where T : class
    {
        T? last = null;
        return await GetAsync(
            async () => passes(last = await ask()) ? last : null,
            limit ?? Limit,
            () => $"{expectation}; last: {Describe(last)}");
    }

    private static string Describe(object? value) => value is Array values ? string.Join(", ", values.Cast<object>()) : $"{value}";
}
