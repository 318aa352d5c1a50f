using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Media;

namespace ComfyStream.Benchmarks.Memory;

/// <summary>
/// What a stream, a workflow and a viewer hold in memory: the difference between many of them and none, after a collection of garbage.
/// The relay is a process of its own; each kind comes and goes before the next.
/// </summary>
internal static class MemoryBenchmark
{
    private const int FramesPerSecond = 30;

    public static async Task RunAsync(Arguments arguments)
    {
        int viewers = arguments.Number("viewers", 200, smoke: 5, most: 1000);
        int streams = arguments.IsSmoke ? 2 : 8;
        int workflows = arguments.IsSmoke ? 1 : 4;
        TimeSpan settling = TimeSpan.FromSeconds(arguments.IsSmoke ? 1 : 8);
        CameraClip clip = CameraClip.Create(Loopback.LoadCodecs(), 1280, 720, FramesPerSecond);

        Console.WriteLine($"1280x720 at {FramesPerSecond} fps with sound, measured {settling.TotalSeconds} s after the last has come; {Machine.Description}");
        await using RelayProcess relay = await RelayProcess.StartHostAsync();
        HostMemory started = await relay.MemoryAsync();
        Print("a relay that has just started", started);
        await using (var warm = await MemoryLoad.StartAsync(relay, clip, streams: 1, "background-blur", viewersEach: 1))
            await Task.Delay(settling);
        await relay.EndOfSessionsAsync();
        Print("after a first stream with workflow and viewer", await relay.MemoryAsync());

        Console.WriteLine();
        Console.WriteLine("                                                       managed KiB   RSS KiB");
        await MeasureAsync("each stream, forwarded, nobody watches", relay, clip, streams, "passthrough", 0, settling);
        await MeasureAsync("each stream with invert, nobody watches", relay, clip, streams, "invert", 0, settling);
        await MeasureAsync("each stream with invert, and its viewer", relay, clip, workflows, "invert", 1, settling);
        await MeasureAsync("each stream with background-blur, and its viewer", relay, clip, workflows, "background-blur", 1, settling);
        await MeasureViewersAsync(relay, clip, viewers, settling);
        Console.WriteLine();
        Print("when all have gone", await relay.MemoryAsync());
    }

    private static async Task MeasureAsync(
        string name, RelayProcess relay, CameraClip clip, int streams, string workflow, int viewersEach, TimeSpan settling)
    {
        HostMemory before = await relay.MemoryAsync();
        await using (await MemoryLoad.StartAsync(relay, clip, streams, workflow, viewersEach))
        {
            await Task.Delay(settling);
            PrintEach($"{name} ({streams})", before, await relay.MemoryAsync(), streams);
        }

        await relay.EndOfSessionsAsync();
    }

    private static async Task MeasureViewersAsync(RelayProcess relay, CameraClip clip, int viewers, TimeSpan settling)
    {
        await using (MemoryLoad load = await MemoryLoad.StartAsync(relay, clip, streams: 1, "passthrough", viewersEach: 1))
        {
            await Task.Delay(settling);
            HostMemory before = await relay.MemoryAsync();
            await load.AddViewersAsync(viewers);
            await Task.Delay(settling);
            PrintEach($"each viewer of a forwarded stream ({viewers})", before, await relay.MemoryAsync(), viewers);
        }

        await relay.EndOfSessionsAsync();
    }

    private static void PrintEach(string name, HostMemory before, HostMemory after, int count) => Console.WriteLine(
        $"{name,-54} {(after.ManagedBytes - before.ManagedBytes) / 1024.0 / count,11:F0} {(after.ResidentBytes - before.ResidentBytes) / 1024.0 / count,9:F0}");

    private static void Print(string name, HostMemory memory) => Console.WriteLine(
        $"{name}: managed {memory.ManagedBytes / 1048576.0:F1} MiB, RSS {memory.ResidentBytes / 1048576.0:F0} MiB, pooled buffers out: "
        + $"{memory.CodedFrames} coded frames, {memory.Pictures} pictures, {memory.PacketizedFrames} packetized frames");
}
