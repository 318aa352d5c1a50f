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

    [Fact]
    public async Task W40_W45_W46_Chromium_offers_without_candidates_and_trickles_them()
    {
        await using var strict = new StrictRelay();
        await strict.InitializeAsync();
        await using BrowserSession browser = await chromium.OpenAsync();
        LabPage publisher = await browser.PublishAsync(strict.Whip("trickled"), "quadrants");
        LabPage viewer = await browser.OpenLabAsync();
        await viewer.WatchTricklingAsync(strict.Whep("trickled"));
        await viewer.FramesAsync(30);
        // One for a candidate at least, and one for their end.
        int[] patched = await Eventually.PassesAsync(viewer.PatchedAsync, codes => codes.Length >= 2, "candidates and their end are told");
        Assert.All(patched, status => Assert.Equal(204, status));
        int[] ended = await viewer.EndAsync();
        Assert.Equal([200, 404], ended);
        await publisher.EndAsync();
    }

    /// <summary>Takes no candidate without <c>If-Match</c>.</summary>
    private sealed class StrictRelay() : RelayProcess(["--signaling-strict"]);

    private int Handshakes() => Relay.Lines.Count(line => line.EndsWith("Connection state is: connecting", StringComparison.Ordinal));
}
