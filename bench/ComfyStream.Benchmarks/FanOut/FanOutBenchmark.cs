using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.Pipeline;
using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Transport;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>
/// One camera, viewers by the hundred: what a delivered packet costs the relay, how many viewers it holds, how late the picture is and
/// how long a join takes. Some viewers take part in full, for the latency; the others are counted.
/// </summary>
internal static class FanOutBenchmark
{
    private const string Channel = "bench";
    private const int MostSamples = 5;
    private static readonly TimeSpan _settling = TimeSpan.FromSeconds(3);

    public static async Task RunAsync(Arguments arguments)
    {
        int[] steps = [.. arguments.Text("viewers", arguments.IsSmoke ? "20" : "100,300,500,800").Split(',').Select(text => Count(text))];
        int seconds = arguments.Number("seconds", 15, smoke: 2, most: 600);
        int joinsPerSecond = arguments.Number("joins-per-second", 50, most: 1000);
        int loops = arguments.Number("event-loops", 1, most: 64);
        int generatorLoops = arguments.Number("generator-loops", 1, most: 16);
        string workflow = arguments.Text("workflow", "passthrough");
        CameraClip clip = CameraClip.Create(Loopback.LoadCodecs(), 1280, 720, 30);
        Console.WriteLine($"1280x720 at 30 fps, 2 Mbit/s, with sound; {workflow}, {loops} event loops, {joinsPerSecond} joins a second, {seconds} s a step; {Machine.Description}");
        Console.WriteLine();
        Console.WriteLine("viewers  packets/s  delivered  CPU us/packet  CPU %   latency p50 / p95 / p99 ms   join p50 / p95 ms   CPU ms/join  RSS KiB/viewer");
        await using RelayProcess relay = await RelayProcess.StartAsync("--event-loops", $"{loops}", "--log-level", "warning");
        await using var camera = new CameraPublisher(clip, Loopback.OptionsFor(relay.UrlOf($"/whip?channelId={Channel}&prompts={workflow}")));
        await using var counted = new CountedViewers(generatorLoops);
        Uri endpoint = relay.UrlOf($"/whep?streamId={Channel}");
        Viewer[] samples = [.. Enumerable.Range(0, MostSamples).Select(i => new Viewer(Loopback.OptionsFor(endpoint), i))];
        try
        {
            await camera.StartAsync();
            foreach (Viewer sample in samples)
                await sample.ConnectAsync();
            await Task.Delay(_settling);
            foreach (int viewers in steps)
                await MeasureAsync(relay, camera, clip, counted, samples, endpoint, viewers, joinsPerSecond, seconds);
        }
        finally
        {
            foreach (Viewer sample in samples)
                await sample.DisposeAsync();
        }
    }

    private static async Task MeasureAsync(
        RelayProcess relay, CameraPublisher camera, CameraClip clip, CountedViewers counted, Viewer[] samples,
        Uri endpoint, int viewers, int joinsPerSecond, int seconds)
    {
        int joins = Math.Max(0, viewers - samples.Length - counted.JoinedCount);
        (double cpuIdle, long residentBefore) = (await CpuPerSecondAsync(relay), relay.ResidentBytes());
        double cpuBefore = relay.CpuSeconds();
        TimeSpan joinBegin = EventLoop.Now;
        int joinedBefore = counted.JoinTimes.Count;
        await JoinAsync(counted, endpoint, joins, joinsPerSecond);
        double cpuOfJoins = relay.CpuSeconds() - cpuBefore;
        double joinSeconds = (EventLoop.Now - joinBegin).TotalSeconds;
        await Task.Delay(_settling);

        CountedViewers.Traffic before = counted.Total();
        long samplesBefore = samples.Sum(sample => sample.PacketCount);
        double cpu = relay.CpuSeconds();
        TimeSpan from = EventLoop.Now;
        await Task.Delay(TimeSpan.FromSeconds(seconds));
        TimeSpan to = EventLoop.Now;
        cpu = relay.CpuSeconds() - cpu;
        CountedViewers.Traffic traffic = counted.Total() - before;
        long packets = traffic.Packets + samples.Sum(sample => sample.PacketCount) - samplesBefore;
        double cpuPerSecond = cpu / (to - from).TotalSeconds;
        await Task.Delay(TimeSpan.FromSeconds(1));

        var latency = new Percentiles(samples.SelectMany(sample => Delivery.Of(sample, camera, clip.FramesPerSecond, from, to).Latencies ?? []));
        var join = new Percentiles(counted.JoinTimes.Skip(joinedBefore));

        // While they join, those who are there cost what they cost: half of the way from before to after, on average.
        double cpuPerJoin = joins == 0 ? double.NaN : Math.Max(0, cpuOfJoins - joinSeconds * (cpuIdle + cpuPerSecond) / 2) * 1000 / joins;
        double residentPerViewer = joins == 0 ? double.NaN : (relay.ResidentBytes() - residentBefore) / 1024.0 / joins;
        Console.WriteLine(
            $"{samples.Length + counted.JoinTimes.Count,7}  {packets / (to - from).TotalSeconds,9:F0}  {Delivered(traffic),9:F5}  {cpu * 1e6 / packets,13:F2}  {100 * cpuPerSecond,5:F0}"
            + $"   {latency.At(0.5),8:F1} / {latency.At(0.95),5:F1} / {latency.At(0.99),5:F1}      {join.At(0.5),8:F1} / {join.At(0.95),5:F1}   {cpuPerJoin,11:F2}  {residentPerViewer,14:F0}");
        if (counted.FailedCount > 0)
            Console.WriteLine($"         {counted.FailedCount} joins have failed so far");
        if (camera.DroppedCount > 0)
            Console.WriteLine($"         the camera itself dropped {camera.DroppedCount} frames so far");
    }

    private static double Delivered(CountedViewers.Traffic traffic) => traffic.Packets == 0 ? double.NaN : (double)traffic.Packets / (traffic.Packets + Math.Max(0, traffic.Missing));

    private static async Task<double> CpuPerSecondAsync(RelayProcess relay)
    {
        double before = relay.CpuSeconds();
        TimeSpan from = EventLoop.Now;
        await Task.Delay(TimeSpan.FromSeconds(2));
        return (relay.CpuSeconds() - before) / (EventLoop.Now - from).TotalSeconds;
    }

    private static async Task JoinAsync(CountedViewers counted, Uri endpoint, int count, int perSecond)
    {
        TimeSpan begin = EventLoop.Now;
        var joining = new List<Task>();
        for (int i = 0; i < count; i++)
        {
            TimeSpan wait = begin + TimeSpan.FromSeconds((double)i / perSecond) - EventLoop.Now;
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait);
            joining.Add(counted.JoinAsync(endpoint));
        }

        await Task.WhenAll(joining);
    }

    private static int Count(string text) => int.TryParse(text, out int count) && count is >= 1 and <= CountedViewers.Most
        ? count
        : throw new ArgumentException($"--viewers is numbers from 1 to {CountedViewers.Most} with commas between them, such as 100,300,800, not '{text}'.");

}
