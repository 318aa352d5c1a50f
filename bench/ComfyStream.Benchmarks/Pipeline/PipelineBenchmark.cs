using System.Net;
using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Client;
using ComfyStream.Media.Libav;
using ComfyStream.Transport;

namespace ComfyStream.Benchmarks.Pipeline;

/// <summary>
/// One camera, a workflow, some viewers: real WebRTC over loopback to a relay in another process. Camera and viewers live here; the
/// camera's pictures were coded before, and the viewers decode nothing.
/// </summary>
internal static class PipelineBenchmark
{
    private const string Channel = "bench";
    private static readonly TimeSpan _warmUp = TimeSpan.FromSeconds(5);

    // What is under way when the measurement ends still counts as delivered.
    private static readonly TimeSpan _afterwards = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(Arguments arguments)
    {
        int seconds = arguments.Number("seconds", 20, smoke: 2, most: 1000);
        int viewerCount = arguments.Number("viewers", 3, most: 64);
        int framesPerSecond = arguments.Number("fps", 30, most: 60);
        string workflow = arguments.Text("workflow", "background-blur");
        (int width, int height) = arguments.Size("size", 1280, 720);
        if (!LibavCodecFactory.TryLoad(out LibavCodecFactory? codecs, out string problem))
            throw new ArgumentException(problem);

        CameraClip clip = CameraClip.Create(codecs, width, height, framesPerSecond);
        Console.WriteLine($"{width}x{height} at {framesPerSecond} fps with sound, {workflow}, {viewerCount} viewers, {seconds} s; {codecs.Description}; {Machine.Description}");
        await using RelayProcess relay = await RelayProcess.StartAsync();
        await using var camera = new CameraPublisher(clip, OptionsFor(relay.UrlOf($"/whip?channelId={Channel}&prompts={workflow}")));
        Viewer[] viewers = [.. Enumerable.Range(0, viewerCount).Select(i => new Viewer(OptionsFor(relay.UrlOf($"/whep?streamId={Channel}")), i))];
        try
        {
            await camera.StartAsync();
            foreach (Viewer viewer in viewers)
                await viewer.ConnectAsync();
            await Task.Delay(arguments.IsSmoke ? _afterwards : _warmUp);

            RelaySample before = await RelaySample.TakeAsync(relay, Channel);
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            RelaySample after = await RelaySample.TakeAsync(relay, Channel);
            await Task.Delay(_afterwards);

            for (int i = 0; i < viewers.Length; i++)
                ViewerReport.Print($"viewer {i}", Delivery.Of(viewers[i].Pictures, camera, clip.FramesPerSecond, before.Time, after.Time));
            RelayReport.Print(before, after);
            if (camera.DroppedCount > 0)
                Console.WriteLine($"The camera itself dropped {camera.DroppedCount} frames: the figures above are those of an overloaded machine.");
        }
        finally
        {
            foreach (Viewer viewer in viewers)
                await viewer.DisposeAsync();
        }
    }

    private static ClientOptions OptionsFor(Uri url) => new() { Endpoint = url, LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0) };
}
