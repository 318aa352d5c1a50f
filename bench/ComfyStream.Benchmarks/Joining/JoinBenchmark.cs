using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Media;
using ComfyStream.Transport;
using ComfyStream.WebRtc.Dtls;

namespace ComfyStream.Benchmarks.Joining;

/// <summary>
/// Viewers join one after the other, each over real HTTP and a UDP socket of its own, to streams that are forwarded, that have a workflow
/// and are watched, and that nobody watches. The relay is a process of its own, cameras and viewers live here.
/// </summary>
internal static class JoinBenchmark
{
    private const int FramesPerSecond = 30;

    // Of a quarter of the pixels: eleven streams run at a time while nobody watches the others.
    private const int SmallBitRate = CameraClip.VideoBitRate / 4;

    // So often the pictures of a join are kept and decoded afterwards.
    private const int DecodedEvery = 10;

    // A viewer watches a second and leaves: the next comes to the same stream when nobody watches it any more.
    private const double RestSeconds = 1.5;
    private static readonly TimeSpan _runLength = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(Arguments arguments)
    {
        int seconds = arguments.Number("seconds", 30, smoke: 1, most: 600);
        int rate = arguments.Number("rate", 10, smoke: 4, most: 100);
        ICodecFactory codecs = Loopback.LoadCodecs();
        CameraClip large = CameraClip.Create(codecs, 1280, 720, FramesPerSecond);
        CameraClip small = CameraClip.Create(codecs, 640, 360, FramesPerSecond, SmallBitRate);
        Scenario[] scenarios =
        [
            new("forwarded", "1280x720, a key frame every 2 s", "passthrough", large, CameraClip.VideoBitRate, Streams: 1, IsWatched: true),
            new("watched", "background-blur, 1280x720", "background-blur", large, CameraClip.VideoBitRate, Streams: 1, IsWatched: true),
            new("unwatched", $"invert, 640x360, {RestSeconds * rate:F0} streams in turn", "invert", small, SmallBitRate, Streams: (int)(RestSeconds * rate), IsWatched: false),
        ];

        Console.WriteLine($"{rate} joins a second for {seconds} s, at {FramesPerSecond} fps with sound, gapless for {_runLength.TotalSeconds} s; {Machine.Description}");
        foreach (Scenario scenario in scenarios.Where(scenario => arguments.Text("only", scenario.Name) == scenario.Name))
            await MeasureAsync(scenario, codecs, seconds, rate, arguments.IsSmoke ? TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(5));
    }

    private static async Task MeasureAsync(Scenario scenario, ICodecFactory codecs, int seconds, int rate, TimeSpan warmUp)
    {
        await using RelayProcess relay = await RelayProcess.StartAsync("--bitrate", $"{scenario.BitRate}");
        using var identity = DtlsIdentity.Create(DateOnly.FromDateTime(DateTime.UtcNow));
        CameraPublisher[] cameras = [.. Enumerable.Range(0, scenario.Streams).Select(i => new CameraPublisher(
            scenario.Clip.Copy(), Loopback.OptionsFor(relay.UrlOf($"/whip?channelId=join{i}&prompts={scenario.Workflow}"))))];
        await using var watching = new Viewer(Loopback.OptionsFor(UrlOf(relay, 0)), 0);
        var kept = new List<IReadOnlyList<EncodedFrame>>();
        try
        {
            foreach (CameraPublisher camera in cameras)
                await camera.StartAsync();
            if (scenario.IsWatched)
                await watching.ConnectAsync();

            // The first joins compile code, on both sides.
            await JoinAsync(scenario, relay, identity, (int)(warmUp.TotalSeconds * rate), rate, []);
            Join?[] joins = await JoinAsync(scenario, relay, identity, seconds * rate, rate, kept);
            JoinReport.Print($"{scenario.Name} ({scenario.Details})", [.. joins.OfType<Join>()], joins.Count(join => join is null));
            JoinReport.PrintDecoded(codecs, kept);
        }
        finally
        {
            await Task.WhenAll(cameras.Select(camera => camera.DisposeAsync().AsTask()));
        }
    }

    private static async Task<Join?[]> JoinAsync(
        Scenario scenario, RelayProcess relay, DtlsIdentity identity, int count, int rate, List<IReadOnlyList<EncodedFrame>> kept)
    {
        TimeSpan start = EventLoop.Now;
        var joins = new List<Task<Join?>>();
        for (int i = 0; i < count; i++)
        {
            TimeSpan wait = start + TimeSpan.FromSeconds((double)i / rate) - EventLoop.Now;
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait);
            var pictures = i % DecodedEvery == 0 ? new List<EncodedFrame>() : null;
            if (pictures is not null)
                kept.Add(pictures);
            joins.Add(Task.Run(() => JoinAsync(UrlOf(relay, i % scenario.Streams), identity, pictures)));
        }

        return await Task.WhenAll(joins);
    }

    private static async Task<Join?> JoinAsync(Uri url, DtlsIdentity identity, List<EncodedFrame>? kept)
    {
        var run = new GaplessRun(TimeSpan.FromSeconds(1.0 / FramesPerSecond), _runLength);
        await using var viewer = new JoiningViewer(url, identity, run, kept);
        return await viewer.RunAsync();
    }

    private static Uri UrlOf(RelayProcess relay, int stream) => relay.UrlOf($"/whep?streamId=join{stream}");

    private sealed record Scenario(string Name, string Details, string Workflow, CameraClip Clip, int BitRate, int Streams, bool IsWatched);
}
