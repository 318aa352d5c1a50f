using ComfyStream.Benchmarks.Allocations;
using ComfyStream.Benchmarks.Engine;
using ComfyStream.Benchmarks.FanOut;
using ComfyStream.Benchmarks.Forwarding;
using ComfyStream.Benchmarks.Idle;
using ComfyStream.Benchmarks.Jitter;
using ComfyStream.Benchmarks.Joining;
using ComfyStream.Benchmarks.Memory;
using ComfyStream.Benchmarks.Micro;
using ComfyStream.Benchmarks.Pipeline;
using ComfyStream.Benchmarks.Processing;
using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Benchmarks.Swapping;

namespace ComfyStream.Benchmarks;

/// <summary>Prints how fast the relay is; asserts nothing.</summary>
internal static class Program
{
    private const string Help =
        """
        Measures the relay and prints what it finds; docs/performance.md explains the figures.

          ./comfystream bench VERB [options]

        forwarding    a camera forwarded without a workflow: added latency and CPU, to one viewer and to many
                      --seconds 20  --viewers 50  --rounds 3
        fanout        one camera, viewers by the hundred: CPU a delivered packet and the limit beside it, loss, latency, joins, memory
                      --viewers 1,10,100,300,500,800  --seconds 15  --joins-per-second 50  --warm-up-joins 300  --event-loops 1
                      --profile gcm|cm                  the SRTP profile that viewers offer
                      --workflow background-blur        a processed stream: its cost once, and what further viewers add
                      --publishers 50 --viewers 5       many streams, beside one with as many viewers in all
                      --tables                          all of these one after the other; some 14 minutes
                      --url WHEP-URL                    a server that runs already; with --whip-url URL the camera is published to it and latency
                                                        is measured, with --server-pid N its CPU and memory. Loopback addresses only: --allow-remote
                                                        for another machine of yours
        joins         viewers who join: from their POST to the first picture of a run without a gap, and where the time goes
                      --seconds 30  --rate 10  --only forwarded|watched|unwatched
        jitter        how late the latest pictures are while viewers come and go, under several settings of the runtime and its collector
                      --viewers 300  --seconds 60  --joins-per-second 5  --rounds 2  --settings default,server,...
        swap          a second publisher takes over: from its first key frame to its first picture at a viewer
                      --swaps 20
        memory        managed and resident memory of a stream, a workflow and a viewer
                      --viewers 200
        pipeline      a camera, a workflow, viewers: frame rate, added latency, CPU a frame by stage and by thread
                      --seconds 20  --viewers 3  --workflow background-blur  --size 1280x720  --fps 30
        workflows     each workflow that ships between a decoder and an encoder, without a network: pictures a second, CPU a picture by stage and node
                      --seconds 6  --workflow NAME,NAME  --size 1280x720 (upscale: half of it)  --fps 30
        nodes         each node for pictures and masks by itself, at 1280x720 on one thread, in I420 and in RGB
                      --pictures 100  --only NAME (a part of it)
        allocations   managed bytes for each packet that is forwarded and each picture that is processed
                      --seconds 6  --types SECONDS (then samples the types of what is allocated)
        idle          CPU of a relay that has nothing to do, of the demo without viewers, and of viewers for whom nothing comes
                      --seconds 20  --viewers 500
        engine        the workflow engine: its own cost above the nodes' work, conversions beside libswscale, branches side by side
                      --rounds 15  --size 1280x720
        micro         single operations by BenchmarkDotNet; its own options may follow, such as --filter '*Srtp*'
                      --check-allocations (only compares what each allocates with Micro/allocations.md)  --write-allocations

        --smoke       with any of them but micro: only shows that it runs, within seconds; the figures mean nothing
        """;

    private static async Task<int> Main(string[] args)
    {
        string verb = args is [var first, ..] && !args.Contains("--help") ? first : "--help";
        try
        {
            switch (verb)
            {
                case "fanout":
                    await FanOutBenchmark.RunAsync(new Arguments(args[1..], FanOutBenchmark.Options.Split(' '), FanOutBenchmark.Switches.Split(' ')));
                    return 0;
                case "forwarding":
                    await ForwardingBenchmark.RunAsync(new Arguments(args[1..], "seconds", "viewers", "rounds"));
                    return 0;
                case "joins":
                    await JoinBenchmark.RunAsync(new Arguments(args[1..], "seconds", "rate", "only"));
                    return 0;
                case "jitter":
                    await JitterBenchmark.RunAsync(new Arguments(args[1..], "viewers", "seconds", "joins-per-second", "rounds", "settings"));
                    return 0;
                case "swap":
                    await SwapBenchmark.RunAsync(new Arguments(args[1..], "swaps"));
                    return 0;
                case "memory":
                    await MemoryBenchmark.RunAsync(new Arguments(args[1..], "viewers"));
                    return 0;
                case RelayHost.Verb:
                    await RelayHost.RunAsync(args[1]);
                    return 0;
                case "pipeline":
                    await PipelineBenchmark.RunAsync(new Arguments(args[1..], "seconds", "viewers", "workflow", "size", "fps"));
                    return 0;
                case "workflows":
                    WorkflowBenchmark.Run(new Arguments(args[1..], WorkflowBenchmark.Options.Split(' ')));
                    return 0;
                case "nodes":
                    NodeBenchmark.Run(new Arguments(args[1..], "pictures", "only"));
                    return 0;
                case "allocations":
                    await AllocationBenchmark.RunAsync(new Arguments(args[1..], "seconds", "types"));
                    return 0;
                case "idle":
                    await IdleBenchmark.RunAsync(new Arguments(args[1..], "seconds", "viewers"));
                    return 0;
                case "engine":
                    EngineBenchmark.Run(new Arguments(args[1..], "rounds", "size"));
                    return 0;
                case "micro":
                    return MicroBenchmarks.Run(args[1..]);
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
