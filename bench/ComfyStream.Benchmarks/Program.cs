using ComfyStream.Benchmarks.Allocations;
using ComfyStream.Benchmarks.Idle;
using ComfyStream.Benchmarks.Micro;
using ComfyStream.Benchmarks.Pipeline;

namespace ComfyStream.Benchmarks;

/// <summary>Prints how fast the relay is; asserts nothing.</summary>
internal static class Program
{
    private const string Help =
        """
        Measures the relay and prints what it finds; docs/performance.md explains the figures.

          dotnet run -c Release --project bench/ComfyStream.Benchmarks -- VERB [options]

        pipeline      a camera, a workflow, viewers: frame rate, added latency, CPU a frame by stage and by thread
                      --seconds 20  --viewers 3  --workflow background-blur  --size 1280x720  --fps 30
        allocations   managed bytes for each packet that is forwarded and each picture that is processed
                      --seconds 6  --types SECONDS (then samples the types of what is allocated)
        idle          CPU of a relay that has nothing to do, and of the demo without viewers
                      --seconds 20
        micro         single operations by BenchmarkDotNet; its own options may follow, such as --filter '*Srtp*'
        """;

    private static async Task<int> Main(string[] args)
    {
        string verb = args is [var first, ..] && !args.Contains("--help") ? first : "--help";
        try
        {
            switch (verb)
            {
                case "pipeline":
                    await PipelineBenchmark.RunAsync(new Arguments(args[1..], "seconds", "viewers", "workflow", "size", "fps"));
                    return 0;
                case "allocations":
                    await AllocationBenchmark.RunAsync(new Arguments(args[1..], "seconds", "types"));
                    return 0;
                case "idle":
                    await IdleBenchmark.RunAsync(new Arguments(args[1..], "seconds"));
                    return 0;
                case "micro":
                    MicroBenchmarks.Run(args[1..]);
                    return 0;
                case "--help":
                    Console.WriteLine(Help);
                    return args.Length > 0 ? 0 : 2;
                default:
                    throw new ArgumentException($"There is no benchmark '{verb}': --help lists them.");
            }
        }
        catch (ArgumentException wrong)
        {
            Console.Error.WriteLine(wrong.Message);
            return 2;
        }
    }
}
