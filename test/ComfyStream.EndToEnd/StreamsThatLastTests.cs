using System.Text.Json;
using ComfyStream.EndToEnd.Browser;
using ComfyStream.EndToEnd.Films;
using ComfyStream.EndToEnd.Processes;
using ComfyStream.Media;

namespace ComfyStream.EndToEnd;

/// <summary>A relay whose viewers see a slate two seconds after the picture has stopped.</summary>
public sealed class ImpatientRelay() : RelayProcess(["--grace-time", "2"]);

/// <summary>
/// Viewers in Chromium that connect once and stay, whatever becomes of publishers and workflows: judged by every picture that they
/// show.
/// </summary>
public sealed class StreamsThatLastTests(ImpatientRelay relay, Chromium chromium) : RelayTests(relay), IClassFixture<ImpatientRelay>
{
    private const string Slate = WitnessPage.Slate;
    private const string Large = "640x360", Small = "320x180";
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(40);
    private static readonly Lazy<Film> _red = new(() => Film.Shoot(new Scene("red")));
    private static readonly Lazy<Film> _green = new(() => Film.Shoot(new Scene("green", 640, 360)));
    private static readonly Lazy<Film> _blueVp8 = new(() => Film.Shoot(new Scene("blue"), MediaCodec.Vp8));

    [Fact]
    public async Task One_viewer_sees_publishers_come_crash_return_and_change()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        WitnessPage viewer = await browser.WitnessAsync(Relay.Whep("stage"));
        await viewer.SeesAsync(Slate);
        await viewer.Lab.ShowAsync("slate-before");

        await using (ChildProcess crashing = PeerProcess.Start("aiortc_peer.py", "publish", Relay.Whip("stage")))
            await viewer.SeesAsync("quadrants");
        await ShowsAsync("stage", "last picture");
        Assert.Equal("quadrants", await viewer.ShowingAsync());
        await viewer.SeesAsync(Slate);
        await viewer.Lab.ShowAsync("slate-after-crash");

        await using (await PublishAsync("stage", _red))
            await viewer.SeesAsync("red");
        await using (await PublishAsync("stage", _green))
            await viewer.SeesAsync("green");
        await viewer.SeesAsync(Slate);
        await viewer.Lab.ShowAsync("slate-after-end");

        await using FilmPublisher third = await PublishAsync("stage", _blueVp8);
        await viewer.SeesAsync("blue");
        Assert.Equal("video/VP8", (await viewer.PlaybackAsync()).Codec);
        await using FilmPublisher fourth = await PublishAsync("stage", _red, "invert");
        await viewer.SeesAsync("inverted red");
        Assert.Equal("video/H264", (await viewer.PlaybackAsync()).Codec);
        await using FilmPublisher fifth = await PublishAsync("stage", _blueVp8);
        await viewer.SeesAsync("inverted blue");
        await using FilmPublisher sixth = await PublishAsync("stage", _green, "passthrough");
        await viewer.SeesAsync("green");

        Assert.Equal(
            [
                (Slate, "1280x720"), ("quadrants", Large), (Slate, Large), ("red", Small), ("green", Large), (Slate, Large), ("blue", Small),
                ("inverted red", Small), ("inverted blue", Small), ("green", Large),
            ],
            (await viewer.StoryAsync()).Select(scene => (scene.What, scene.Size)));
        await StayedAsync(viewer, "stage");
        Assert.Empty(browser.Problems);
    }

    private Task<FilmPublisher> PublishAsync(string channel, Lazy<Film> film, string prompts = "", int hertz = 440) =>
        FilmPublisher.StartAsync(Relay.Whip(channel, prompts), film.Value, hertz);

    /// <summary>Waits until the relay says that viewers of a channel see it.</summary>
    private Task ShowsAsync(string channel, string what) => Eventually.PassesAsync(
        async () => $"{(await OutputAsync(channel)).GetProperty("shows")}", shows => shows.StartsWith(what, StringComparison.Ordinal), $"the relay shows: {what}");

    private async Task<JsonElement> OutputAsync(string channel) => (await Relay.GetAsync("/whip-stats")).EnumerateObject()
        .First(session => session.Value.GetProperty("stream").GetString() == channel).Value.GetProperty("output");

    /// <summary>The connection is the one that it began with, and was never in doubt.</summary>
    private async Task StayedAsync(WitnessPage viewer, string stream)
    {
        Assert.Equal(["connecting", "connected"], await viewer.StatesAsync());
        Assert.Single(
            (await Relay.GetAsync("/whep-stats")).EnumerateObject(), session => session.Value.GetProperty("stream").GetString() == stream);
        Assert.Single(Relay.Lines, line => line.StartsWith("INFO: WHEP: Created subscription session", StringComparison.Ordinal) && line.EndsWith($" {stream}", StringComparison.Ordinal));
    }
}
