using ComfyStream.Benchmarks.FanOut;
using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Transport;
using ComfyStream.WebRtc.Dtls;

namespace ComfyStream.Benchmarks.Idle;

/// <summary>What a relay costs that has nothing to do.</summary>
internal static class IdleBenchmark
{
    private const int JoinsPerSecond = 50;

    public static async Task RunAsync(Arguments arguments)
    {
        int seconds = arguments.Number("seconds", 20, smoke: 1, most: 600);
        int viewers = arguments.Number("viewers", 500, smoke: 5, most: 2000);
        await MeasureAsync("No sessions", arguments.IsSmoke, seconds);
        await MeasureAsync("The demo, no viewers (its own publisher draws and encodes in the same process)", arguments.IsSmoke, seconds, "--demo");
        await MeasureViewersAsync(viewers, arguments.IsSmoke, seconds);
    }

    // Their own reports are missing: the generator reads no media that it would report on.
    private static async Task MeasureViewersAsync(int count, bool isSmoke, int seconds)
    {
        await using RelayProcess relay = await RelayProcess.StartAsync("--log-level", "warning");
        using DtlsIdentity identity = DtlsIdentity.Create(DateOnly.FromDateTime(DateTime.UtcNow));
        await using var viewers = new CountedViewers(_ => relay.UrlOf("/whep?streamId=idle"), isLocal: true, identity, framesPerSecond: 1);
        await viewers.JoinAsync(count, JoinsPerSecond, publishers: 1);
        (long packets, TimeSpan from) = (viewers.Total().Packets, EventLoop.Now);
        await MeasureAsync($"{viewers.Count} viewers of a channel that nobody publishes to (each has a still picture and a sender report a second, and a check every 5 s)", relay, isSmoke, seconds);
        Console.WriteLine($"    {(viewers.Total().Packets - packets) / (EventLoop.Now - from).TotalSeconds / viewers.Count:F1} packets a second to each");
    }

    private static async Task MeasureAsync(string title, bool isSmoke, int seconds, params string[] options)
    {
        await using RelayProcess relay = await RelayProcess.StartAsync(options);
        await MeasureAsync(title, relay, isSmoke, seconds);
    }

    private static async Task MeasureAsync(string title, RelayProcess relay, bool isSmoke, int seconds)
    {
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
