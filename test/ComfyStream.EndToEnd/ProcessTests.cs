using System.Runtime.InteropServices;
using ComfyStream.EndToEnd.Browser;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd;

/// <summary>The relay as a process with clients: signals.</summary>
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
}
