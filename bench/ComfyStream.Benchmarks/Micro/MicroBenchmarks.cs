using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace ComfyStream.Benchmarks.Micro;

/// <summary>Single operations: by BenchmarkDotNet with short jobs in this process, or only for what they allocate.</summary>
internal static class MicroBenchmarks
{
    private static readonly Type[] _all =
    [
        typeof(SrtpBenchmarks), typeof(PacketBenchmarks), typeof(ReceiveBenchmarks), typeof(LoopBenchmarks), typeof(FrameBenchmarks), typeof(PeerBenchmarks),
        typeof(PictureBenchmarks),
    ];

    /// <summary>Returns the exit code.</summary>
    public static int Run(string[] args)
    {
        if (args is ["--write-allocations"])
        {
            AllocationTable.Write(_all);
            return 0;
        }

        if (args is ["--check-allocations"])
            return AllocationTable.Check(_all) ? 0 : 1;

        IConfig config = ManualConfig.CreateEmpty()
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .AddColumnProvider(DefaultColumnProviders.Instance)
            // On a shared machine the truth is near the least.
            .AddColumn(StatisticColumn.Min)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddLogger(ConsoleLogger.Default)
            .WithOptions(ConfigOptions.JoinSummary | ConfigOptions.DisableLogFile);
        // Without a choice all of them run: the switcher would ask which.
        BenchmarkSwitcher.FromTypes(_all).Run(args.Length == 0 ? ["--filter", "*"] : args, config);
        return 0;
    }
}
