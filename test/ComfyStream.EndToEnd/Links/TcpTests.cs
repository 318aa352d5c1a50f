using ComfyStream.EndToEnd.Browser;

namespace ComfyStream.EndToEnd.Links;

/// <summary>Chromium in a network that blocks UDP: a firewall inside its network namespace drops every datagram, and goes with it.</summary>
public sealed class TcpTests(Chromium chromium)
{
    private static readonly TimeSpan _while = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task Row_4_4_1_A_viewer_whose_network_blocks_UDP_plays_over_TCP()
    {
        await using WatchedLink watched = await WatchedLink.StartAsync(WithoutUdp(), "invert");
        MediaTransport transport = await watched.Viewer.Lab.TransportAsync();
        Assert.Equal("tcp", transport.Protocol);
        Assert.Equal("connected", transport.Dtls);

        Playback playback = await watched.PlayAsync(_while);
        await Quadrants.ShownAsync(watched.Viewer.Lab, Quadrants.Inverted);
        await watched.Viewer.Lab.ShowAsync("tcp-watched");
        Assert.True(playback.Share > 0.9 && playback.FramesDecoded > 60, $"Decoded {playback.FramesDecoded} of {playback.FramesSent}: {playback.After}");
        Assert.Equal(0, playback.After.PacketsLost);
        Assert.Equal("connected", (await watched.SessionAsync()).GetProperty("connection_state").GetString());
    }

    [Fact]
    public async Task Row_4_4_1_A_publisher_whose_network_blocks_UDP_publishes_over_TCP()
    {
        await using PublishedLink published = await PublishedLink.StartAsync(WithoutUdp());
        await using BrowserSession browser = await chromium.OpenAsync();
        LabPage viewer = await browser.WatchAsync(published.WhepUrl);
        Assert.Equal("tcp", (await published.Publisher.Lab.TransportAsync()).Protocol);
        Assert.Equal("udp", (await Eventually.PassesAsync(viewer.TransportAsync, now => now.Protocol.Length > 0, "the viewer has a path")).Protocol);

        await published.PublishAsync(_while);
        await published.ReceiveAsync(30);
        await Eventually.PassesAsync(
            () => viewer.CompareAsync("person", new Patch(16, 16, 600, 300)), seen => seen.Difference < 12, "the whole picture is seen");
        await viewer.ShowAsync("tcp-published");
        Assert.Equal("connected", (await published.SessionAsync()).GetProperty("connection_state").GetString());
    }

    // Both ways, so that the checks of neither side pass.
    private static LinkEmulator WithoutUdp()
    {
        LinkEmulator link = Conditions.Require(LinkConditions.Clear);
        link.Inside.Run("nft", "add table inet firewall");
        foreach (string hook in (string[])["input", "output"])
        {
            link.Inside.Run("nft", $"add chain inet firewall {hook} {{ type filter hook {hook} priority 0; policy accept; }}");
            link.Inside.Run("nft", $"add rule inet firewall {hook} meta l4proto udp drop");
        }

        return link;
    }
}
