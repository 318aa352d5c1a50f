using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.Relaying;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>
/// A camera and viewers by the hundred: what a delivered packet costs the relay beside what it must cost at least, how many viewers it
/// holds, how late the picture is and what a join takes. Some viewers take part in full, for the latency; the others are counted.
/// </summary>
internal static class FanOutBenchmark
{
    public const string Options = "viewers seconds joins-per-second warm-up-joins event-loops profile workflow publishers url whip-url server-pid";
    public const string Switches = "tables allow-remote";

    private const int Width = 1280;
    private const int Height = 720;
    private const int FramesPerSecond = 30;

    // The joins that are measured by themselves.
    private const int MeasuredJoins = 100;
    private const int TurnoverJoins = 500;
    private const int LeavingViewers = 200;

    public static async Task RunAsync(Arguments arguments)
    {
        FanOutPlan plan = Parse(arguments);
        (LimitProgram? limit, string problem) = await LimitProgram.TryBuildAsync();
        if (limit is null)
            Console.WriteLine($"Note: {problem}.");
        using (limit)
        {
            CameraClip clip = CameraClip.Create(Loopback.LoadCodecs(), Width, Height, FramesPerSecond);
            Console.WriteLine(
                $"{Width}x{Height} at {FramesPerSecond} fps, 2 Mbit/s, with sound; {plan.JoinsPerSecond} joins a second, {plan.Seconds} s a step; viewers' sockets have UDP_GRO and are read once a millisecond, the limit's too; {Machine.Description}");
            Console.WriteLine();
            if (arguments.Has("tables"))
                await FanOutTables.RunAsync(plan, clip, limit);
            else if (plan.Publishers > 1)
                await FanOutTables.ComparePublishersAsync(plan, clip, limit);
            else if (plan.Workflow != FanOutPlan.Passthrough)
                await FanOutTables.CompareWorkflowAsync(plan, clip, limit);
            else
                await RunAsync(plan, clip, limit);
        }
    }

    /// <summary>One run with all its steps; prints its tables.</summary>
    public static async Task<IReadOnlyList<StepFigures>> RunAsync(FanOutPlan plan, CameraClip clip, LimitProgram? limit)
    {
        await using MeasuredServer server = await MeasuredServer.StartAsync(plan);
        await using FanOutLoad load = await FanOutLoad.StartAsync(plan, server, clip);
        var steps = new List<StepFigures>();
        (JoinFigures Cold, JoinFigures Warm, TurnoverFigures Turnover)? joins = null;
        if (plan.WarmUpJoins > 0)
            joins = await MeasureJoinsAsync(plan, load);
        foreach (int viewers in plan.Steps)
        {
            Progress($"{plan.Description}: {viewers * plan.Publishers} viewers join");
            JoinFigures? joined = await load.GrowToAsync(viewers);
            steps.Add(await load.MeasureAsync(limit) with { Joins = joined });
            Progress($"{plan.Description}: {steps[^1].Viewers} viewers: {steps[^1].CpuMicroseconds:F2} us of CPU a packet, p95 {steps[^1].Latency.At(0.95):F1} ms, delivered {steps[^1].Delivered:F4}");
        }

        FanOutReport.Print(plan.Description, steps);
        if (joins is { } both)
        {
            FanOutReport.PrintJoins(both.Cold, both.Warm, Math.Max(0, plan.WarmUpJoins - MeasuredJoins));
            FanOutReport.Print(both.Turnover, steps[^1].CpuMicroseconds);
        }

        FanOutReport.Print(await load.VerifyAsync());
        return steps;
    }

    private static async Task<(JoinFigures Cold, JoinFigures Warm, TurnoverFigures Turnover)> MeasureJoinsAsync(FanOutPlan plan, FanOutLoad load)
    {
        int measured = Math.Min(MeasuredJoins, plan.WarmUpJoins);
        Progress($"{plan.Description}: {plan.WarmUpJoins} joins to warm up, then {measured} that count");
        await load.GrowToAsync(1);
        JoinFigures cold = await load.JoinAsync(measured);
        await load.LeaveAsync();
        await load.GrowToAsync(1);
        await load.WarmUpAsync(plan.WarmUpJoins - measured);
        JoinFigures warm = await load.JoinAsync(measured);
        await load.LeaveAsync();
        await load.GrowToAsync(1);
        TurnoverFigures turnover = await load.TurnOverAsync(plan.IsSmoke ? measured : TurnoverJoins);
        await load.LeaveAsync();
        turnover = turnover with { LeavingMilliseconds = await load.MeasureLeavingAsync(plan.IsSmoke ? measured : LeavingViewers) };
        return (cold, warm, turnover);
    }

    private static FanOutPlan Parse(Arguments arguments)
    {
        var plan = new FanOutPlan
        {
            Steps = arguments.Numbers("viewers", otherwise: "1,10,100,300,500,800", smoke: "3,20", most: CountedViewers.Most / 4),
            Seconds = arguments.Number("seconds", 15, smoke: 2, most: 600),
            JoinsPerSecond = arguments.Number("joins-per-second", 50, most: 1000),
            WarmUpJoins = arguments.Number("warm-up-joins", 300, smoke: 4, most: CountedViewers.Most / 4, least: 0),
            EventLoops = arguments.Number("event-loops", 1, most: 64),
            Profile = arguments.Text("profile", FanOutPlan.Gcm),
            Workflow = arguments.Text("workflow", FanOutPlan.Passthrough),
            Publishers = arguments.Number("publishers", 1, most: 200),
            Server = arguments.Has("url") ? RunningServer.Parse(arguments) : null,
            IsSmoke = arguments.IsSmoke,
        };
        if (plan.Profile is not (FanOutPlan.Gcm or FanOutPlan.Cm))
            throw new ArgumentException($"--profile is gcm (AEAD_AES_128_GCM) or cm (AES_CM_128_HMAC_SHA1_80), not '{plan.Profile}'.");
        if (!plan.Steps.SequenceEqual(plan.Steps.Order().Distinct()))
            throw new ArgumentException("--viewers grow from step to step, such as 100,300,800.");
        if (plan.Server is not null && (plan.Publishers > 1 || arguments.Has("tables") || arguments.Has("event-loops") || arguments.Has("workflow")))
            throw new ArgumentException("--url measures a server that runs already: --publishers, --event-loops, --workflow and --tables are for one that is started here.");
        foreach (string option in new[] { "whip-url", "server-pid", "allow-remote" })
        {
            if (arguments.Has(option) && plan.Server is null)
                throw new ArgumentException($"--{option} belongs to --url.");
        }

        return plan;
    }

    private static void Progress(string text) => Console.Error.WriteLine(text);
}
