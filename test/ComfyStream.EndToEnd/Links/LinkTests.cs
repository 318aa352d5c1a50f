using System.Text.Json;
using ComfyStream.EndToEnd.Browser;

namespace ComfyStream.EndToEnd.Links;

/// <summary>Chromium behind a link with 5 % loss both ways, 100 ms +- 30 ms of delay, reordering and outages.</summary>
public sealed class LinkTests(Chromium chromium)
{
    private static readonly TimeSpan _while = TimeSpan.FromSeconds(10);

    // Without retransmission every second picture would lack a packet, and the others would lack what they refer to.
    private const double LeastShare = 0.7;

    [Fact]
    public async Task A_viewer_behind_loss_and_reordering_decodes_nearly_every_picture()
    {
        await using WatchedLink watched = await WatchedLink.StartAsync(Conditions.Require(Conditions.Bad), "invert");
        Playback playback = await watched.PlayAsync(_while);
        await Quadrants.ShownAsync(watched.Viewer.Lab, Quadrants.Inverted);
        await watched.Viewer.Lab.ShowAsync("link-loss");

        LinkCounters there = watched.Link.ToInside, back = watched.Link.ToOutside;
        Assert.True(there is { Lost: > 50, Reordered: > 500 } && back.Lost > 5, $"The link was not bad: {there}, {back}");
        Assert.True(playback.Share >= LeastShare, $"Decoded {playback.FramesDecoded} of {playback.FramesSent}: {playback.After}");
        Assert.True(playback.Retransmissions > there.Lost / 2, $"Lost {there.Lost}, sent again {playback.Retransmissions}");
        Assert.Equal("connected", (await watched.SessionAsync()).GetProperty("connection_state").GetString());
    }

    [Theory]
    [InlineData("passthrough")]
    [InlineData("invert")]
    public async Task After_an_outage_the_same_session_plays_on(string workflow)
    {
        await using WatchedLink watched = await WatchedLink.StartAsync(Conditions.Require(Conditions.Bad), workflow);
        string session = await watched.Viewer.Lab.SessionAsync();
        Recovery recovery = await watched.SurviveAsync(Conditions.Outage);
        TestContext.Current.TestOutputHelper?.WriteLine($"{workflow}: {recovery}");

        Assert.True(watched.Link.ToInside.LostInOutage > 100, $"There was no outage: {watched.Link.ToInside}");
        await Quadrants.ShownAsync(watched.Viewer.Lab, workflow == "invert" ? Quadrants.Inverted : Quadrants.Colours);
        await watched.Viewer.Lab.ShowAsync($"link-outage-{workflow}");
        JsonElement after = await watched.SessionAsync();
        Assert.Equal("connected", after.GetProperty("connection_state").GetString());
        Assert.Equal("connected", await watched.Viewer.Lab.ConnectionStateAsync());
        Assert.Single(watched.Relay.Lines, line => line.Contains("WHEP: Created subscription session", StringComparison.Ordinal));
        Assert.Contains(watched.Relay.Lines, line => line.Contains(new Uri(session).Segments[^1], StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_browser_publishes_over_loss_arrives_whole_and_goes_on_after_an_outage()
    {
        await using PublishedLink published = await PublishedLink.StartAsync(Conditions.Require(Conditions.Bad));
        await using BrowserSession browser = await chromium.OpenAsync();
        LabPage viewer = await browser.WatchAsync(published.WhepUrl);
        (int sent, int received) = await published.PublishAsync(_while);
        Assert.True(published.Link.ToOutside is { Lost: > 20, Reordered: > 100 }, $"The link was not bad: {published.Link.ToOutside}");
        Assert.True(received >= LeastShare * sent, $"{received} of {sent} arrived whole: {await published.Publisher.SentAsync()}");

        published.Link.BeginOutage(Conditions.Outage);
        await Task.Delay(Conditions.Outage, TestContext.Current.CancellationToken);
        await published.ReceiveAsync(30);
        await viewer.FramesAsync(30);
        await Eventually.PassesAsync(
            () => viewer.CompareAsync("person", new Patch(16, 16, 600, 300)), seen => seen.Difference < 12, "the whole picture is seen");
        await viewer.ShowAsync("link-published");
        Assert.Equal("connected", (await published.SessionAsync()).GetProperty("connection_state").GetString());
    }
}
