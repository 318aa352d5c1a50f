using System.Net;
using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Client;
using ComfyStream.Media;
using ComfyStream.Media.Libav;
using ComfyStream.Streaming;
using ComfyStream.Transport;
using ComfyStream.Workflows;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComfyStream.Benchmarks.Allocations;

/// <summary>
/// Relay, publisher and viewers in one process, so that the runtime's own counter sees every managed byte of the media path. Measured
/// at two rates: what grows with the rate is the packets', the rest is the time's (reports, timers, this program).
/// </summary>
internal static class AllocationBenchmark
{
    private const int Width = 640;
    private const int Height = 360;
    private const int Viewers = 3;

    public static async Task RunAsync(Arguments arguments)
    {
        var plan = new Plan(
            Seconds: arguments.Number("seconds", 6, smoke: 1, most: 600),
            TypeSeconds: arguments.Number("types", 0, most: 600),
            Rounds: arguments.IsSmoke ? 1 : 3,
            WarmUp: TimeSpan.FromSeconds(arguments.IsSmoke ? 0 : 6),
            Settling: TimeSpan.FromSeconds(arguments.IsSmoke ? 0 : 4));
        if (!LibavCodecFactory.TryLoad(out LibavCodecFactory? codecs, out string problem))
            throw new ArgumentException(problem);

        Console.WriteLine($"{Width}x{Height} with sound, {Viewers} viewers, {plan.Rounds} rounds of {plan.Seconds} s at each rate; {Machine.Description}");
        await MeasureAsync("passthrough", codecs, CameraClip.Create(codecs, Width, Height, 30), highSpeed: 4, plan);
        await MeasureAsync("background-blur", codecs, CameraClip.Create(codecs, Width, Height, 10), highSpeed: 3, plan);
    }

    private static async Task MeasureAsync(string name, ICodecFactory codecs, CameraClip clip, int highSpeed, Plan plan)
    {
        using var frames = new VideoFramePool();
        using WorkflowLibrary library = ShippedWorkflows.Open(frames);
        var options = new RelayOptions { MediaHost = IPAddress.Loopback, MediaPort = 0, Codecs = codecs };
        await using var relay = new Relay(options, NullLoggerFactory.Instance);
        using var http = new HttpClient(new InProcessSignaling(relay, ShippedWorkflows.Find(library, name)));
        await using var camera = new CameraPublisher(clip, OptionsFor(InProcessSignaling.Whip, http));
        Viewer[] viewers = [.. Enumerable.Range(0, Viewers).Select(i => new Viewer(OptionsFor(InProcessSignaling.Whep, http), i))];
        try
        {
            await camera.StartAsync();
            foreach (Viewer viewer in viewers)
                await viewer.ConnectAsync();

            Console.WriteLine();
            Console.WriteLine($"{name,-18} bytes/s   packets/s to viewers   pictures/s to viewers");
            var slow = new List<AllocationSample>();
            var fast = new List<AllocationSample>();
            camera.Speed = highSpeed;
            await Task.Delay(plan.WarmUp);
            for (int round = 0; round < plan.Rounds; round++)
            {
                slow.Add(await MeasureAsync(camera, viewers, 1, plan));
                fast.Add(await MeasureAsync(camera, viewers, highSpeed, plan));
            }

            AllocationSample low = AllocationSample.Least(slow);
            AllocationSample high = AllocationSample.Least(fast);
            double more = high.Bytes - low.Bytes;
            Console.WriteLine($"each packet: {more / (high.Packets - low.Packets):F2} bytes; each picture: {more / (high.Pictures - low.Pictures):F2} bytes; every second, whatever the rate: {low.Bytes - more * low.Packets / (high.Packets - low.Packets):F0} bytes");
            if (plan.TypeSeconds > 0)
                await PrintTypesAsync(plan.TypeSeconds);
        }
        finally
        {
            foreach (Viewer viewer in viewers)
                await viewer.DisposeAsync();
        }
    }

    private static async Task<AllocationSample> MeasureAsync(CameraPublisher camera, Viewer[] viewers, int speed, Plan plan)
    {
        camera.Speed = speed;
        await Task.Delay(plan.Settling);
        AllocationSample before = AllocationSample.Take(viewers);
        await Task.Delay(TimeSpan.FromSeconds(plan.Seconds));
        AllocationSample rate = AllocationSample.Take(viewers).Since(before, plan.Seconds);
        Console.WriteLine($"{"",-18} {rate.Bytes,7:F0}   {rate.Packets,20:F0}   {rate.Pictures,21:F0}");
        return rate;
    }

    private static async Task PrintTypesAsync(int seconds)
    {
        using var types = new AllocationTypes();
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        foreach ((string type, int samples) in types.MostFrequent)
            Console.WriteLine($"    {samples,6} samples of about 100 KB: {type}");
    }

    private static ClientOptions OptionsFor(Uri url, HttpClient http) =>
        new() { Endpoint = url, HttpClient = http, LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0) };

    // Between rates the pools grow to what the new one needs.
    private sealed record Plan(int Seconds, int TypeSeconds, int Rounds, TimeSpan WarmUp, TimeSpan Settling);
}
