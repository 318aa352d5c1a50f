using System.Diagnostics;
using System.Runtime.Versioning;

namespace ComfyStream.Cli.Tests;

/// <summary>
/// The script <c>./comfystream</c> where it needs no build. The package tools are stand-ins that come first on the PATH: no test
/// changes what is installed.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class LauncherTests : IDisposable
{
    private readonly string _tools = Directory.CreateTempSubdirectory("comfystream test tools ").FullName;

    public void Dispose() => Directory.Delete(_tools, recursive: true);

    [Fact]
    public async Task Setup_installs_what_is_missing_choosing_the_newest_that_apt_offers()
    {
        Tool("dpkg-query", "echo 'ii libssl3 ii libgomp1 ii libopus0 '");
        Tool("apt-cache", "case $2 in libavcodec59|libavformat59|libavutil57|libswscale6|libopenh264-7) echo '  Candidate: 1.0' ;; *) echo '  Candidate: (none)' ;; esac");
        Tool("apt-get", "echo \"apt-get $*\"");
        Tool("sudo", "shift; [ \"$1\" = -- ] && shift; exec \"$@\"");

        (int code, _, string errors) = await RunAsync("setup");
        Assert.Equal(0, code);
        Assert.Contains("missing: libavcodec59 libavformat59 libavutil57 libswscale6 libopenh264-7\n", errors, StringComparison.Ordinal);
        Assert.Contains("apt-get install -y -qq --no-install-recommends libavcodec59 libavformat59 libavutil57 libswscale6 libopenh264-7\n", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Setup_with_nothing_missing_calls_no_apt()
    {
        Tool("dpkg-query", "echo 'ii libssl3t64 ii libgomp1 ii libavcodec-extra61 ii libavformat61 ii libavutil59 ii libswscale8 ii libopenh264-8 ii libopus0 '");
        Tool("apt-get", "exit 99");
        (int code, _, string errors) = await RunAsync("setup");
        Assert.Equal(0, code);
        Assert.Contains("all native packages are installed", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Setup_that_fails_ends_with_the_line_to_run_by_hand()
    {
        Tool("dpkg-query", "echo 'ii libssl3 ii libgomp1 ii libavcodec59 ii libavformat59 ii libavutil57 ii libswscale6 ii libopenh264-7 '");
        Tool("apt-cache", "echo '  Candidate: 1.0'");
        Tool("apt-get", "exit 100");
        Tool("sudo", "exit 1");
        (int code, _, string errors) = await RunAsync("setup");
        Assert.Equal(1, code);
        Assert.Contains("sudo apt-get install -y --no-install-recommends libopus0", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Setup_refuses_what_it_does_not_know_and_explains_itself()
    {
        Assert.Equal(2, (await RunAsync("setup", "--everything")).ExitCode);
        (int code, string output, _) = await RunAsync("setup", "--help");
        Assert.Equal(0, code);
        Assert.Contains("Usage: ./comfystream setup", output, StringComparison.Ordinal);
    }

    private void Tool(string name, string script)
    {
        string path = Path.Combine(_tools, name);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(Repository.Root, "comfystream"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{_tools}:{Environment.GetEnvironmentVariable("PATH")}";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, await errors);
    }
}
