namespace ComfyStream.Cli.Tests;

/// <summary>The benchmarks run to their end, each as short as it can: no figure is looked at.</summary>
public sealed class BenchmarkTests
{
    [Theory]
    [InlineData("forwarding", "Each further viewer costs")]
    [InlineData("fanout", "viewers  packets/s")]
    [InlineData("joins", "unwatched (")]
    [InlineData("swap", "of 2 swaps seen")]
    [InlineData("memory", "pooled buffers out: 0 coded frames, 0 pictures, 0 packetized frames")]
    [InlineData("pipeline", "whole process")]
    [InlineData("allocations", "each packet")]
    [InlineData("idle", "The demo, no viewers")]
    public async Task A_benchmark_prints_what_it_finds(string verb, string found)
    {
        (int code, string printed, string errors) = await RunAsync(verb, "--smoke");

        Assert.True(code == 0, $"{verb} ended with {code}:\n{printed}\n{errors}");
        Assert.Contains(found, printed, StringComparison.Ordinal);
    }

    /// <summary>Runs the benchmarks' program to its end.</summary>
    internal static Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        string output = AppContext.BaseDirectory.TrimEnd('/');
        string configuration = Path.GetFileName(Path.GetDirectoryName(output)!);
        string dll = Path.Combine(Repository.Root, "bench", "ComfyStream.Benchmarks", "bin", configuration, Path.GetFileName(output), "ComfyStream.Benchmarks.dll");
        return ComfyStreamProcess.RunProgramAsync(dll, arguments);
    }
}
