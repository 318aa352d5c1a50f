using ComfyStream.Benchmarks.Camera;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>The whole set of tables: viewers by the hundred with one and two event loops, both SRTP profiles, many publishers, and a workflow.</summary>
internal static class FanOutTables
{
    private const string ProcessedWorkflow = "background-blur";

    public static async Task RunAsync(FanOutPlan plan, CameraClip clip, LimitProgram? limit)
    {
        FanOutPlan next = plan with { WarmUpJoins = 0 };
        await FanOutBenchmark.RunAsync(plan with { Steps = Steps(plan, 1, 10, 100, 300, 500, 800, 1000) }, clip, limit);
        await FanOutBenchmark.RunAsync(next with { Steps = Steps(plan, 100, 300, 500, 800, 1000), EventLoops = 2 }, clip, limit);
        await FanOutBenchmark.RunAsync(next with { Steps = Steps(plan, 100, 300, 800), Profile = FanOutPlan.Cm }, clip, limit);
        await ComparePublishersAsync(next with { Steps = [plan.IsSmoke ? 2 : 5], Publishers = plan.IsSmoke ? 2 : 50 }, clip, limit);
        await CompareWorkflowAsync(next with { Steps = Steps(plan, 5, 100, 300), Workflow = ProcessedWorkflow }, clip, limit);
    }

    /// <summary>Many publishers with few viewers each, and one with as many in all.</summary>
    public static async Task ComparePublishersAsync(FanOutPlan plan, CameraClip clip, LimitProgram? limit)
    {
        int viewers = plan.Steps[^1];
        int total = viewers * plan.Publishers;
        StepFigures one = (await FanOutBenchmark.RunAsync(plan with { Steps = [total], Publishers = 1, WarmUpJoins = 0 }, clip, limit))[^1];
        StepFigures many = (await FanOutBenchmark.RunAsync(plan with { Steps = [viewers], WarmUpJoins = 0 }, clip, limit))[^1];
        Console.WriteLine("| publishers x viewers | CPU us/packet | against one publisher | p95 ms |");
        Console.WriteLine("| --- | --- | --- | --- |");
        Console.WriteLine($"| 1 x {total} | {FanOutReport.Text(one.CpuMicroseconds, "F2")} | 1 | {FanOutReport.Text(one.Latency.At(0.95), "F1")} |");
        Console.WriteLine($"| {plan.Publishers} x {viewers} | {FanOutReport.Text(many.CpuMicroseconds, "F2")} | {FanOutReport.Text(many.CpuMicroseconds / one.CpuMicroseconds, "F2")} | {FanOutReport.Text(many.Latency.At(0.95), "F1")} |");
        Console.WriteLine();
    }

    /// <summary>A stream through a workflow: its cost once, at the first step, and what further viewers add.</summary>
    public static async Task CompareWorkflowAsync(FanOutPlan plan, CameraClip clip, LimitProgram? limit)
    {
        IReadOnlyList<StepFigures> steps = await FanOutBenchmark.RunAsync(plan, clip, limit);
        StepFigures first = steps[0];
        Console.WriteLine($"| viewers of {plan.Workflow} | CPU of the relay | less that at {first.Viewers} viewers | of it for each further packet |");
        Console.WriteLine("| --- | --- | --- | --- |");
        foreach (StepFigures step in steps)
        {
            double percent = step.CpuPercent - first.CpuPercent;
            string each = FanOutReport.Text(percent * 1e4 / (step.PacketsPerSecond - first.PacketsPerSecond), "F2");
            Console.WriteLine($"| {step.Viewers} | {FanOutReport.Text(step.CpuPercent, "F1")} % | {FanOutReport.Text(percent, "F1")} % | {each} us |");
        }

        Console.WriteLine();
    }

    private static int[] Steps(FanOutPlan plan, params int[] steps) => plan.IsSmoke ? [3] : steps;
}
