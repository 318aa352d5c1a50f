using System.Runtime.InteropServices;
using ComfyStream.EndToEnd.Browser;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd;

/// <summary>Trickle ICE and ICE restart by PATCH, with clients that others wrote.</summary>
public sealed class IceTests(RelayProcess relay, Chromium chromium) : RelayTests(relay), IClassFixture<RelayProcess>
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task W47_W48_Chromium_restarts_ICE_on_both_sides_while_media_flows_and_nothing_is_lost()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        LabPage publisher = await browser.PublishAsync(Relay.Whip("restarted", "invert"), "quadrants");
        LabPage viewer = await browser.WatchAsync(Relay.Whep("restarted"));
        await Quadrants.ShownAsync(viewer, Quadrants.Inverted);
        int handshakes = Handshakes();

        foreach (LabPage page in new[] { publisher, viewer, publisher, viewer })
        {
            MediaTransport before = await page.TransportAsync();
            await page.RestartIceAsync();
            MediaTransport after = await Eventually.PassesAsync(
                page.TransportAsync, now => now.UserFragment.Length > 0 && now.UserFragment != before.UserFragment, "media flows in the new ICE session");
            Assert.True(after.PairChanges > before.PairChanges);
            Assert.Equal("connected", after.Dtls);
            await viewer.FramesAsync(30);
            Assert.Equal(0, (await viewer.TransportAsync()).Lost);
        }

        foreach (LabPage page in new[] { publisher, viewer })
        {
            int[] trickled = await page.PatchedAsync();
            Assert.Equal([204, 204], trickled);
            int[] ended = await page.EndAsync();
            Assert.Equal([200, 404], ended);
        }

        Assert.Equal(4, Relay.Lines.Count(line => line.EndsWith("restarts ICE", StringComparison.Ordinal)));
        Assert.Equal(handshakes, Handshakes());
    }

    [Fact]
    public async Task W40_The_simple_whip_client_trickles_publishes_and_ends()
    {
        const string Video = "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=30/1 ! x264enc tune=zerolatency key-int-max=30 "
            + "! video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 ! application/x-rtp,media=video,encoding-name=H264,payload=96";
        const string Audio = "audiotestsrc is-live=true ! audioconvert ! opusenc ! rtpopuspay ! application/x-rtp,media=audio,encoding-name=OPUS,payload=100";
        await using ChildProcess client = ChildProcess.Start("whip-client", "-o", "-l", "7", "-u", Relay.Whip("trickled"), "-A", Audio, "-V", Video);
        await using BrowserSession browser = await chromium.OpenAsync();
        LabPage viewer = await browser.WatchAsync(Relay.Whep("trickled"));
        Assert.Equal((320, 240), (await viewer.FramesAsync(30)) is { } seen ? (seen.Width, seen.Height) : default);

        // It says so only of PATCHes that fail.
        Assert.DoesNotContain(client.Lines, line => line.Contains("[trickle]", StringComparison.Ordinal) && line.Contains("rror", StringComparison.Ordinal));
        client.Signal(PosixSignal.SIGINT);
        await client.ExitAsync(_patience);
        Assert.Contains(Relay.Lines, line => line.Contains("WHIP: Terminated session", StringComparison.Ordinal));
    }

    private int Handshakes() => Relay.Lines.Count(line => line.EndsWith("Connection state is: connecting", StringComparison.Ordinal));
}
