using ComfyStream.EndToEnd.Browser;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd;

/// <summary>Trickle ICE and ICE restart by PATCH, by a browser.</summary>
public sealed class IceTests(RelayProcess relay, Chromium chromium) : RelayTests(relay), IClassFixture<RelayProcess>
{
    [Fact]
    public async Task W40_W47_W48_Chromium_restarts_ICE_on_both_sides_while_media_flows_and_nothing_is_lost()
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

    private int Handshakes() => Relay.Lines.Count(line => line.EndsWith("Connection state is: connecting", StringComparison.Ordinal));
}
