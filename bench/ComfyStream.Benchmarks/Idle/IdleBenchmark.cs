using ComfyStream.Benchmarks.Relaying;

namespace ComfyStream.Benchmarks.Idle;

/// <summary>What a relay costs that has nothing to do.</summary>
internal static class IdleBenchmark
{
    public static async Task RunAsync(Arguments arguments)
    {
        int seconds = arguments.Number("seconds", 20, smoke: 1, most: 600);
        await MeasureAsync("No sessions", arguments.IsSmoke, seconds);
        await MeasureAsync("The demo, no viewers (its own publisher draws and encodes in the same process)", arguments.IsSmoke, seconds, "--demo");
    }

    private static async Task MeasureAsync(string title, bool isSmoke, int seconds, params string[] options)
    {
        await using RelayProcess relay = await RelayProcess.StartAsync(options);
        // Start-up and compilation are over.
        await Task.Delay(TimeSpan.FromSeconds(isSmoke ? 0 : 5));
        var before = relay.ThreadTimes();
        double cpu = relay.CpuSeconds();
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        cpu = relay.CpuSeconds() - cpu;
        var after = relay.ThreadTimes();

        Console.WriteLine($"{title}: {100 * cpu / seconds:F2} % of a core, RSS {relay.ResidentBytes() >> 20} MiB");
        foreach ((string name, double used) in ThreadUse.Between(before, after))
            Console.WriteLine($"    {name,-18} {100 * used / seconds,6:F2} %");
        Console.WriteLine();
    }
}
