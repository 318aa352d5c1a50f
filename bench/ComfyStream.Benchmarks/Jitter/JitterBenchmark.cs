using System.Globalization;
using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.FanOut;
using ComfyStream.Benchmarks.Relaying;

namespace ComfyStream.Benchmarks.Jitter;

/// <summary>
/// How late the latest pictures are while viewers join and leave, which makes garbage, under the settings of the runtime that may matter:
/// each is a relay of its own.
/// </summary>
internal static class JitterBenchmark
{
    private const int WarmUpJoins = 200;

    // One row each; numbers are hexadecimal, as the runtime reads them.
    private static readonly (string Name, string Variables)[] _settings =
    [
        ("default", ""),
        ("not-concurrent", "gcServer=0 gcConcurrent=0"),
        ("server", "gcServer=1 gcConcurrent=1"),
        ("server-not-concurrent", "gcServer=1 gcConcurrent=0"),
        ("gen0-4-mib", "GCgen0size=400000"),
        ("gen0-64-mib", "GCgen0size=4000000"),
        ("conserve-memory", "GCConserveMemory=7"),
        ("no-pgo", "TieredPGO=0"),
        ("no-tiers", "TieredCompilation=0"),
    ];

    public static string Names => string.Join(',', _settings.Select(setting => setting.Name));

    public static async Task RunAsync(Arguments arguments)
    {
        int viewers = arguments.Number("viewers", 300, smoke: 5, most: CountedViewers.Most / 4);
        int seconds = arguments.Number("seconds", 60, smoke: 2, most: 600);
        int joins = arguments.Number("joins-per-second", 5, most: 100);
        int rounds = arguments.Number("rounds", 2, smoke: 1, most: 20);
        (string Name, string Variables)[] settings = Choose(arguments.Text("settings", arguments.IsSmoke ? "default" : Names));
        CameraClip clip = CameraClip.Create(Loopback.LoadCodecs(), 1280, 720, 30);

        Console.WriteLine($"{viewers} viewers, {joins} more join each second and leave again; {rounds} rounds of {seconds} s in turn; {Machine.Description}");
        Console.WriteLine();
        Console.WriteLine("| settings | camera to viewer p50 / p99 / p99.9 / most ms | added by the relay, last 512 pictures: p50 / p99 / most ms | GC pauses: n, sum, longest ms | CPU us/packet | loss | RSS MiB |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- |");
        for (int round = 0; round < rounds; round++)
        {
            foreach ((string name, string variables) in settings)
                Console.WriteLine(await MeasureAsync(name, variables, viewers, seconds, joins, arguments.IsSmoke, clip));
        }
    }

    private static async Task<string> MeasureAsync(string name, string variables, int viewers, int seconds, int joins, bool isSmoke, CameraClip clip)
    {
        var plan = new FanOutPlan { Steps = [viewers], Seconds = seconds, IsSmoke = isSmoke, RuntimeSettings = variables };
        await using MeasuredServer server = await MeasuredServer.StartAsync(plan);
        await using FanOutLoad load = await FanOutLoad.StartAsync(plan, server, clip);
        await load.GrowToAsync(1);
        if (!isSmoke)
            await load.WarmUpAsync(WarmUpJoins);
        await load.GrowToAsync(viewers);
        Task churn = load.WarmUpAsync(seconds * joins, joins);
        StepFigures figures = await load.MeasureAsync(limit: null);
        double resident = server.ResidentKiB() / 1024;
        await churn;

        string added = figures.Added is { } stage ? $"{Text(stage.Median)} / {Text(stage.P99)} / {Text(stage.Max)}" : "-";
        string pauses = figures.Pauses is { } all ? $"{all.Count}, {Text(all.TotalMilliseconds)}, {Text(all.LongestMilliseconds)}" : "-";
        Percentiles latency = figures.Latency;
        return $"| {name}{(variables.Length > 0 ? $" (`{variables}`)" : "")} | {Text(latency.At(0.5))} / {Text(latency.At(0.99))} / {Text(latency.At(0.999))} / {Text(latency.At(1))} | {added} | {pauses} | {Text(figures.CpuMicroseconds, "F2")} | {Text(figures.Loss, "F5")} | {Text(resident, "F0")} |";
    }

    private static (string Name, string Variables)[] Choose(string names) =>
        [.. names.Split(',').Select(name => Array.Find(_settings, setting => setting.Name == name) is { Name: not null } found
            ? found
            : throw new ArgumentException($"--settings is some of {Names}, not '{name}'."))];

    private static string Text(double value, string format = "F1") => value.ToString(format, CultureInfo.InvariantCulture);
}
