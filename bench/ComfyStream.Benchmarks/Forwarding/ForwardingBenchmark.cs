using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.Pipeline;
using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Media;

namespace ComfyStream.Benchmarks.Forwarding;

/// <summary>
/// A camera that is forwarded without a workflow, to one viewer and to many: what the relay adds in time, and what it costs for each
/// picture and viewer. The relay is a process of its own, camera and viewers live here.
/// </summary>
internal static class ForwardingBenchmark
{
    private const string Channel = "forwarded";
    private const int Width = 1280;
    private const int Height = 720;
    private const int FramesPerSecond = 30;

    public static async Task RunAsync(Arguments arguments)
    {
        int seconds = arguments.Number("seconds", 20, smoke: 2, most: 600);
        int many = arguments.Number("viewers", 50, smoke: 4, most: 500);
        int rounds = arguments.Number("rounds", 3, smoke: 1, most: 20);
        TimeSpan warmUp = TimeSpan.FromSeconds(arguments.IsSmoke ? 1 : 5);
        CameraClip clip = CameraClip.Create(Loopback.LoadCodecs(), Width, Height, FramesPerSecond);

        Console.WriteLine($"{Width}x{Height} at {FramesPerSecond} fps with sound, forwarded; {rounds} rounds of {seconds} s; {Machine.Description}");
        Console.WriteLine();
        Console.WriteLine("         added by the relay      camera to viewer                 CPU of the relay");
        Console.WriteLine("viewers  p50 ms   p99 ms         p50 ms   p95 ms   p99 ms         ms a frame   % of a core   delivered");
        ForwardingRound one = await MeasureAsync(clip, 1, rounds, seconds, warmUp);
        ForwardingRound all = await MeasureAsync(clip, many, rounds, seconds, warmUp);
        double each = (all.CpuMilliseconds - one.CpuMilliseconds) / Math.Max(1, many - 1);
        Console.WriteLine($"Each further viewer costs {1000 * each:F1} us of CPU a frame, sound included.");
    }

    private static async Task<ForwardingRound> MeasureAsync(CameraClip clip, int viewerCount, int rounds, int seconds, TimeSpan warmUp)
    {
        await using RelayProcess relay = await RelayProcess.StartAsync();
        await using var camera = new CameraPublisher(clip, Loopback.OptionsFor(relay.UrlOf($"/whip?channelId={Channel}&prompts=passthrough")));
        await using var crowd = new Crowd();
        await camera.StartAsync();
        for (int i = 0; i < viewerCount; i++)
            await crowd.AddAsync(relay.UrlOf($"/whep?streamId={Channel}"));
        await Task.Delay(warmUp);

        var measured = new List<ForwardingRound>();
        for (int round = 0; round < rounds; round++)
        {
            RelaySample before = await RelaySample.TakeAsync(relay, Channel);
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            RelaySample after = await RelaySample.TakeAsync(relay, Channel);
            measured.Add(ForwardingRound.Of(before, after, [.. crowd.Viewers.Select(viewer => Delivery.Of(viewer.Pictures, camera, FramesPerSecond, before.Time, after.Time))]));
            measured[^1].Print($"{viewerCount}");
        }

        ForwardingRound best = measured.MinBy(round => round.Median)!;
        if (rounds > 1)
            best.Print("   best");
        return best;
    }
}
