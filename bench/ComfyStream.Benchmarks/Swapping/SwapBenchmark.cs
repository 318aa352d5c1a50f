using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Media;
using ComfyStream.Transport;

namespace ComfyStream.Benchmarks.Swapping;

/// <summary>
/// A viewer watches while publishers take a channel over from one another, in turn with a light and a dark picture. The relay is a
/// process of its own; what the viewer got is decoded when all is over.
/// </summary>
internal static class SwapBenchmark
{
    private const string Channel = "swapped";
    private const int FramesPerSecond = 30;
    private static readonly TimeSpan _warmUp = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(1.5);

    public static async Task RunAsync(Arguments arguments)
    {
        int count = arguments.Number("swaps", 20, smoke: 2, most: 1000);
        ICodecFactory codecs = Loopback.LoadCodecs();
        CameraClip light = CameraClip.Create(codecs, 1280, 720, FramesPerSecond);
        CameraClip dark = CameraClip.Create(codecs, 1280, 720, FramesPerSecond, isDark: true);

        Console.WriteLine($"1280x720 at {FramesPerSecond} fps with sound, {count} swaps; {Machine.Description}");
        foreach (string workflow in (string[])["passthrough", "invert", "background-blur"])
            await MeasureAsync(workflow, codecs, light, dark, count);
    }

    private static async Task MeasureAsync(string workflow, ICodecFactory codecs, CameraClip light, CameraClip dark, int count)
    {
        await using RelayProcess relay = await RelayProcess.StartAsync();
        var viewer = new WatchedPictures(relay.UrlOf($"/whep?streamId={Channel}"));
        var swaps = new List<(TimeSpan Begun, TimeSpan KeyFrame)>();
        var camera = new CameraPublisher(light, OptionsFor(relay, workflow));
        try
        {
            await camera.StartAsync();
            await viewer.ConnectAsync();
            await Task.Delay(_warmUp);
            for (int i = 0; i < count; i++)
            {
                var next = new CameraPublisher(i % 2 == 0 ? dark : light, OptionsFor(relay, workflow));
                TimeSpan begun = EventLoop.Now;
                await next.StartAsync();
                await Task.Delay(_interval);
                swaps.Add((begun, next.WrittenAt(0)));
                await camera.DisposeAsync();
                camera = next;
            }
        }
        finally
        {
            await camera.DisposeAsync();
            await viewer.DisposeAsync();
        }

        Report(workflow, swaps, viewer.Decode(codecs), viewer.LostCount);
    }

    private static Client.ClientOptions OptionsFor(RelayProcess relay, string workflow) =>
        Loopback.OptionsFor(relay.UrlOf($"/whip?channelId={Channel}&prompts={workflow}"));

    private static void Report(string workflow, List<(TimeSpan Begun, TimeSpan KeyFrame)> swaps, List<(TimeSpan Arrival, double Brightness)> seen, long lost)
    {
        double threshold = (seen.Min(picture => picture.Brightness) + seen.Max(picture => picture.Brightness)) / 2;
        var visible = new List<TimeSpan>();
        var asked = new List<TimeSpan>();
        var frozen = new List<TimeSpan>();
        foreach ((TimeSpan begun, TimeSpan keyFrame) in swaps)
        {
            int before = seen.FindLastIndex(picture => picture.Arrival < keyFrame);
            int first = seen.FindIndex(before, picture => picture.Brightness > threshold != seen[before].Brightness > threshold);
            if (first < 0 || seen[first].Arrival - keyFrame > _interval)
                continue;
            visible.Add(seen[first].Arrival - keyFrame);
            asked.Add(seen[first].Arrival - begun);
            frozen.Add(seen[first].Arrival - seen[first - 1].Arrival);
        }

        Console.WriteLine();
        Console.WriteLine($"{workflow}: {visible.Count} of {swaps.Count} swaps seen, {seen.Count} pictures decoded, {lost} lost");
        Console.WriteLine("                                              p50      p95    worst ms");
        Print("new publisher's key frame to the viewer", visible);
        Print("its POST to the viewer", asked);
        Print("the viewer's picture stands still for", frozen);
    }

    private static void Print(string name, List<TimeSpan> times)
    {
        var percentiles = new Percentiles(times);
        Console.WriteLine($"{name,-40} {percentiles.At(0.5),8:F1} {percentiles.At(0.95),8:F1} {percentiles.At(1),8:F1}");
    }
}
