using System.Text.Json;
using ComfyStream.EndToEnd.Browser;
using ComfyStream.EndToEnd.Crowds;
using ComfyStream.EndToEnd.Films;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd;

/// <summary>Viewers of other makes, and those who are there already, while hundreds watch or join.</summary>
public sealed class CrowdTests(RelayProcess relay, Chromium chromium) : RelayTests(relay), IClassFixture<RelayProcess>
{
    private const int JoinsPerSecond = 100;

    // A few packets a picture.
    private const int BitRate = 600_000;

    // Of those that a full machine has every right to lose for want of room in a socket, nearly all come again in time.
    private const double Tolerated = 0.001;

    private static readonly TimeSpan _watching = TimeSpan.FromSeconds(10);
    private static readonly Lazy<Film> _film = new(() => Film.Shoot(new Scene("green", 640, 360, HasGrain: true), bitRate: BitRate));

    [Fact]
    public async Task Chromium_and_aiortc_play_cleanly_while_500_others_watch()
    {
        const int Others = 500;
        await using FilmPublisher publisher = await FilmPublisher.StartAsync(Relay.Whip("crowd"), _film.Value, heedsRequests: false);
        await using var audience = new Audience(_film.Value);
        await audience.JoinAsync(Relay.Whep("crowd"), Others, JoinsPerSecond);
        await using BrowserSession browser = await chromium.OpenAsync();
        WitnessPage[] pages = [await browser.WitnessAsync(Relay.Whep("crowd")), await browser.WitnessAsync(Relay.Whep("crowd"))];
        foreach (WitnessPage page in pages)
            await page.SeesAsync("green");

        await using ChildProcess aiortc = PeerProcess.Start("aiortc_peer.py", "follow", Relay.Whep("crowd"));
        await aiortc.LineWithAsync("following", Eventually.Limit);
        (Attendance before, int sent) = (audience.Total, publisher.PicturesSent);
        int[] shownBefore = await Task.WhenAll(pages.Select(async page => (await page.ShownAsync()).Length));
        WitnessedPlayback[] played = await Task.WhenAll(pages.Select(page => page.PlaybackAsync()));
        await Task.Delay(_watching, TestContext.Current.CancellationToken);
        sent = publisher.PicturesSent - sent;
        WitnessedPlayback[] later = await Task.WhenAll(pages.Select(page => page.PlaybackAsync()));
        Attendance seen = audience.Total - before;

        Assert.InRange((double)seen.Pictures / (Others * sent), 0.95, 1.05);
        Assert.InRange((double)(seen.Missing + seen.Foreign) / seen.Pictures, 0, Tolerated);
        foreach ((WitnessedPlayback from, WitnessedPlayback to) in played.Zip(later))
        {
            // All arrive; how soon a browser gets to decode them, and whether in time to be shown, is also a matter of what else the machine does.
            Assert.InRange((double)(to.FramesReceived - from.FramesReceived) / sent, 0.9, 1.1);
            Assert.InRange((double)(to.FramesDecoded - from.FramesDecoded) / sent, 0.5, 1.1);
            Assert.Equal(0, to.PictureLosses);
            Assert.InRange(to.FreezeSeconds - from.FreezeSeconds, 0, _watching.TotalSeconds / 5);
        }

        foreach ((WitnessPage page, int skipped) in pages.Zip(shownBefore))
        {
            // None was torn or smeared: that would be another scene.
            Assert.Equal([("green", "640x360")], (await page.StoryAsync()).Select(scene => (scene.What, scene.Size)));
            ExpectOrder((await page.ShownAsync())[skipped..]);
        }

        JsonElement followed = await PeerProcess.ResultAsync(aiortc);
        Assert.True(followed.GetProperty("broken").GetInt32() == 0 && followed.GetProperty("missing").GetInt32() == 0, $"aiortc decoded: {followed}");
        Assert.Empty(browser.Problems);
        Assert.Equal(0, publisher.FramesDropped);
    }

    [Fact]
    public async Task A_storm_of_joins_costs_those_who_watch_no_picture()
    {
        const int Watching = 3, Joining = 300;
        await using FilmPublisher publisher = await FilmPublisher.StartAsync(Relay.Whip("storm"), _film.Value, heedsRequests: false);
        await using var early = new Audience(_film.Value);
        await early.JoinAsync(Relay.Whep("storm"), Watching, JoinsPerSecond);
        await using var late = new Audience(_film.Value, firstMember: Watching);

        (Attendance before, int sent) = (early.Total, publisher.PicturesSent);
        await late.JoinAsync(Relay.Whep("storm"), Joining, JoinsPerSecond);
        sent = publisher.PicturesSent - sent;
        await Eventually.GetAsync<object>(
            () => Task.FromResult((early.Total - before).Pictures >= Watching * sent ? this : (object?)null), Eventually.Limit, () => $"{Watching} viewers get {sent} pictures; {early.Total - before}");
        Attendance seen = early.Total - before;

        Assert.Equal((0, 0, 0), (seen.Missing, seen.Foreign, publisher.FramesDropped));
        Assert.True(seen.Sounds > seen.Pictures, $"sound comes too: {seen}");
        Assert.Equal(0, late.Total.Foreign);
    }

    // Chromium may skip one when it is late, but shows none twice and none again.
    private static void ExpectOrder(ShownPicture[] shown)
    {
        for (int i = 1; i < shown.Length; i++)
            Assert.InRange((shown[i].Number - shown[i - 1].Number + Film.Length) % Film.Length, 1, Film.Length / 2);
    }
}
