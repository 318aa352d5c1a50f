namespace ComfyStream.Cli.Tests;

/// <summary>The benchmarks run to their end, each as short as it can: no figure is looked at.</summary>
public sealed class BenchmarkTests
{
    [Theory]
    [InlineData("forwarding", "Each further viewer costs")]
    [InlineData("fanout", "of the viewers decrypted and authenticated all that they got")]
    [InlineData("fanout --profile cm --event-loops 2 --warm-up-joins 0", "passthrough, 2 event loops, AES_CM_128_HMAC_SHA1_80")]
    [InlineData("fanout --tables", "viewers of background-blur")]
    [InlineData("joins", "unwatched (")]
    [InlineData("jitter", "| default |")]
    [InlineData("swap", "of 2 swaps seen")]
    [InlineData("memory", "pooled buffers out: 0 coded frames, 0 pictures, 0 packetized frames")]
    [InlineData("pipeline", "whole process")]
    [InlineData("workflows --size 320x240", "| `background-blur` | 320x240 |")]
    [InlineData("nodes --only Canny", "| `Canny` | low_threshold: 0.1, high_threshold: 0.2 |")]
    [InlineData("allocations", "each packet")]
    [InlineData("idle", "The demo, no viewers")]
    [InlineData("engine", "times ours")]
    public async Task A_benchmark_prints_what_it_finds(string verb, string found)
    {
        (int code, string printed, string errors) = await RunAsync([.. verb.Split(' '), "--smoke"]);

        Assert.True(code == 0, $"{verb} ended with {code}:\n{printed}\n{errors}");
        Assert.Contains(found, printed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--url http://192.0.2.1/whep", "--allow-remote")]
    [InlineData("--url http://server.example/whep", "--allow-remote")]
    [InlineData("--url whep", "is an address such as")]
    [InlineData("--url http://127.0.0.1/whep --whip-url http://192.0.2.1/whip", "--allow-remote")]
    [InlineData("--whip-url http://127.0.0.1/whip", "belongs to --url")]
    [InlineData("--viewers 300,100", "grow from step to step")]
    [InlineData("--profile aes", "is gcm")]
    public async Task Fanout_refuses_what_it_cannot_or_must_not_do_and_says_why(string options, string reason)
    {
        (int code, _, string errors) = await RunAsync(["fanout", .. options.Split(' ')]);

        Assert.Equal(2, code);
        Assert.Contains(reason, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fanout_loads_a_relay_that_runs_already()
    {
        await using ComfyStreamProcess relay = ComfyStreamProcess.Start("serve", "--port", "0", "--media-port", "0", "--ice-server", "none");
        string line = await relay.LineWithAsync("Open ");
        string at = line[line.IndexOf("http", StringComparison.Ordinal)..].Trim().TrimEnd('/');

        (int code, string printed, string errors) = await RunAsync(
            "fanout", "--smoke", "--url", $"{at}/whep?streamId=cam", "--whip-url", $"{at}/whip?channelId=cam", "--server-pid", $"{relay.ProcessId}");

        Assert.True(code == 0, $"It ended with {code}:\n{printed}\n{errors}");
        Assert.Contains($"### {at}/whep?streamId=cam, AEAD_AES_128_GCM", printed, StringComparison.Ordinal);
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
