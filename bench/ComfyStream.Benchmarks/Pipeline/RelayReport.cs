using ComfyStream.Benchmarks.Relaying;

namespace ComfyStream.Benchmarks.Pipeline;

/// <summary>Prints where the relay's time went between two samples.</summary>
internal static class RelayReport
{
    public static void Print(RelaySample before, RelaySample after)
    {
        long frames = after.Frames - before.Frames;
        double seconds = (after.Time - before.Time).TotalSeconds;
        Console.WriteLine($"relay: {frames / seconds:F1} fps processed, {after.Replaced - before.Replaced} pictures replaced by newer ones, {after.Failed - before.Failed} failed");
        Console.WriteLine();
        Console.WriteLine("per frame        CPU ms   median ms   p99 ms");
        double stages = 0;
        foreach (StageSample stage in after.Stages)
        {
            StageSample earlier = before.Stages.FirstOrDefault(candidate => candidate.Name == stage.Name) ?? stage with { Frames = 0, MeanCpu = 0 };
            double cpu = (stage.MeanCpu * stage.Frames - earlier.MeanCpu * earlier.Frames) / Math.Max(1, frames);
            stages += cpu;
            Console.WriteLine($"{stage.Name,-14} {(cpu > 0 ? $"{cpu,8:F2}" : "        ")}   {stage.Median,9:F2} {stage.P99,8:F2}");
        }

        double total = (after.CpuSeconds - before.CpuSeconds) * 1000 / frames;
        Console.WriteLine($"{"the rest",-14} {total - stages,8:F2}   (network, encryption, packets, sound, runtime: all that is neither codec nor workflow)");
        Console.WriteLine($"{"whole process",-14} {total,8:F2}   = {100 * (after.CpuSeconds - before.CpuSeconds) / seconds:F0} % of a core; RSS {after.ResidentBytes >> 20} MiB");
        Console.WriteLine();
        Console.WriteLine("by thread        CPU ms a frame");
        foreach ((string name, double used) in ThreadUse.Between(before.Threads, after.Threads))
            Console.WriteLine($"{name,-14} {used * 1000 / frames,8:F2}");
    }
}
