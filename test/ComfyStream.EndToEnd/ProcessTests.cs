using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ComfyStream.EndToEnd.Browser;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd;

/// <summary>The relay as a process with clients: signals and ports.</summary>
public sealed class ProcessTests(Chromium chromium)
{
    [Theory]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGINT)]
    public async Task A_signal_ends_the_sessions_in_good_order_and_the_process_with_0(PosixSignal signal)
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        await using var relay = new RelayProcess();
        await relay.InitializeAsync();
        LabPage publisher = await browser.PublishAsync(relay.Whip("ending", "invert"), "quadrants");
        LabPage viewer = await browser.WatchAsync(relay.Whep("ending"));
        await viewer.FramesAsync(1);

        await relay.EndAsync(signal);
        // "closed" comes from close_notify alone: silence would make it "disconnected".
        await Eventually.PassesAsync(viewer.ConnectionStateAsync, state => state == "closed", "the viewer is told");
        await Eventually.PassesAsync(publisher.ConnectionStateAsync, state => state == "closed", "the publisher is told");
    }

    [Fact]
    public async Task A_media_port_in_use_is_one_line_and_exit_code_2()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPAddress.Any, 0));
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        string workspace = Directory.CreateTempSubdirectory("comfystream-e2e-").FullName;

        await using ChildProcess relay = RelayProcess.Start([.. RelayProcess.Serve(workspace), "--media-port", $"{port}", "--media-host", "0.0.0.0"]);
        Assert.Equal(2, await relay.ExitAsync(Eventually.Limit));
        string line = Assert.Single(relay.Lines);
        Assert.Contains($"{port}", line, StringComparison.Ordinal);
        Directory.Delete(workspace, recursive: true);
    }
}
