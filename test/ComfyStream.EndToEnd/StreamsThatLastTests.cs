using System.Text.Json;
using ComfyStream.EndToEnd.Browser;
using ComfyStream.EndToEnd.Films;
using ComfyStream.EndToEnd.Processes;
using ComfyStream.Media;

namespace ComfyStream.EndToEnd;

/// <summary>
/// Viewers in Chromium that connect once and stay, whatever becomes of publishers and workflows: judged by every picture that they
/// show.
/// </summary>
public sealed class StreamsThatLastTests(MoodyRelay relay, Chromium chromium) : RelayTests(relay), IClassFixture<MoodyRelay>
{
    private const string Slate = WitnessPage.Slate;
    private const string Large = "640x360", Small = "320x180";
    private static readonly Lazy<Film> _red = new(() => Film.Shoot(new Scene("red")));
    private static readonly Lazy<Film> _green = new(() => Film.Shoot(new Scene("green", 640, 360)));
    private static readonly Lazy<Film> _blue = new(() => Film.Shoot(new Scene("blue")));
    private static readonly Lazy<Film> _blueVp8 = new(() => Film.Shoot(new Scene("blue"), MediaCodec.Vp8));
    private static readonly Lazy<Film> _white = new(() => Film.Shoot(new Scene("white")));
    private static readonly Lazy<Film> _grainy = new(() => Film.Shoot(new Scene("green", 640, 360, HasGrain: true)));

    /// <summary>Nothing is left of a test's clients, and the relay has warned of nothing but what the tests are about.</summary>
    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (TestContext.Current.TestState?.Result == TestResult.Failed)
            return;
        await Relay.NoSessionsAsync();

        // Viewers are given up only when a test that failed has left them.
        Assert.All(
            Relay.Lines.Where(line => line.StartsWith("WARNING: ", StringComparison.Ordinal)),
            line => Assert.Matches("^WARNING: (Channel [a-z0-9-]+: (viewers see a slate|workflow: .*Gather node)|WH[IE]P: Session .* was given up)", line));
    }

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
        Assert.Equal("video/VP8", await CodecAsync(viewer));
        await using FilmPublisher fourth = await PublishAsync("stage", _red, "invert");
        await viewer.SeesAsync("inverted red");
        Assert.Equal("video/H264", await CodecAsync(viewer));
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
        Assert.Empty(browser.Problems);
        await LeaveAsync(viewer);
    }

    [Fact]
    public async Task High_profile_is_played_as_it_is_by_who_can_and_coded_again_for_who_cannot()
    {
        var film = new Lazy<Film>(await Film.EncodeAsync(new Scene("red", 640, 360), "-profile:v high -bf 0"));
        await using BrowserSession browser = await chromium.OpenAsync();
        await using FilmPublisher publisher = await PublishAsync("high", film);
        WitnessPage able = await browser.WitnessAsync(Relay.Whep("high"));
        await able.SeesAsync("red");
        Assert.False(await IsTranscodingAsync("high"));

        await using ChildProcess aiortc = PeerProcess.Start("aiortc_peer.py", "view", Relay.Whep("high"));
        await Eventually.PassesAsync(async () => $"{await IsTranscodingAsync("high")}", "True".Equals, "the picture is coded again for aiortc");
        JsonElement seen = await PeerProcess.ResultAsync(aiortc);
        double[] colour = [.. seen.GetProperty("video").GetProperty("colours")[3].EnumerateArray().Select(value => value.GetDouble())];
        Assert.All(colour.Zip([200.0, 40, 40]), pair => Assert.InRange(pair.First, pair.Second - 20, pair.Second + 20));

        // What Chromium calls High 4:4:4 Predictive covers High, which it does not name.
        WitnessPage unable = await browser.WitnessAsync(Relay.Whep("high"), refused: "profile-level-id=f4");
        await unable.SeesAsync("red");
        Assert.True(await IsTranscodingAsync("high"));
        foreach (WitnessPage viewer in new[] { able, unable })
            Assert.Equal(["red"], (await viewer.StoryAsync()).Select(scene => scene.What));
        await LeaveAsync(able, unable);
    }

    [Fact]
    public async Task Pictures_in_another_order_reach_every_viewer_in_the_right_one()
    {
        var film = new Lazy<Film>(await Film.EncodeAsync(new Scene("red"), "-profile:v main -bf 2"));
        await using BrowserSession browser = await chromium.OpenAsync();
        await using FilmPublisher publisher = await PublishAsync("reordered", film, heedsRequests: false);
        WitnessPage viewer = await browser.WitnessAsync(Relay.Whep("reordered"));
        WitnessPage other = await browser.WitnessAsync(Relay.Whep("reordered"), refused: "H264");
        await viewer.SeesAsync("red");
        await other.SeesAsync("red");
        Assert.True(await IsTranscodingAsync("reordered"));
        await GoesOnAsync(viewer);
        await GoesOnAsync(other);
        await LeaveAsync(viewer, other);
    }

    [Theory]
    [InlineData("passthrough", "")]
    [InlineData("invert", "inverted ")]
    public async Task Each_viewer_gets_a_codec_that_it_plays(string workflow, string effect)
    {
        string channel = $"codecs-{workflow}";
        await using BrowserSession browser = await chromium.OpenAsync();
        WitnessPage both = await browser.WitnessAsync(Relay.Whep(channel));
        WitnessPage vp8 = await browser.WitnessAsync(Relay.Whep(channel), refused: "H264");
        WitnessPage h264 = await browser.WitnessAsync(Relay.Whep(channel), refused: "VP8");
        WitnessPage[] viewers = [both, vp8, h264];

        await using (await PublishAsync(channel, _red, workflow))
        {
            await SeeAsync(viewers, effect + "red");
            Assert.Equal(["video/H264", "video/VP8", "video/H264"], await Task.WhenAll(viewers.Select(CodecAsync)));
        }

        await using FilmPublisher second = await PublishAsync(channel, _blueVp8, workflow);
        await SeeAsync(viewers, effect + "blue");
        Assert.Equal([workflow == "passthrough" ? "video/VP8" : "video/H264", "video/VP8", "video/H264"], await Task.WhenAll(viewers.Select(CodecAsync)));
        foreach (WitnessPage viewer in viewers)
            Assert.Equal([effect + "red", effect + "blue"], (await viewer.StoryAsync()).Select(scene => scene.What).SkipWhile(what => what == Slate));
        await LeaveAsync(viewers);
    }

    [Fact]
    public async Task A_failing_workflow_is_never_replaced_by_its_input_and_comes_back_by_itself()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        await using FilmPublisher publisher = await PublishAsync("moods", _blue, MoodyRelay.Workflow);
        WitnessPage viewer = await browser.WitnessAsync(Relay.Whep("moods"));
        await viewer.SeesAsync("inverted blue");

        publisher.Play(_white.Value);
        await viewer.SeesAsync(Slate);
        await viewer.Lab.ShowAsync("slate-failing");
        JsonElement failing = await OutputAsync("moods");
        Assert.StartsWith("slate (the workflow gives no picture)", failing.GetProperty("shows").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("workflow: ", failing.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.True(failing.GetProperty("failed").GetInt64() > 0 && failing.GetProperty("failures").GetInt64() > 0, $"Nothing failed: {failing}");
        Assert.Equal(1, failing.GetProperty("interruptions").GetInt64());

        publisher.Play(_blue.Value);
        await viewer.SeesAsync("inverted blue");
        await ShowsAsync("moods", "live");
        Assert.Equal("", (await OutputAsync("moods")).GetProperty("error").GetString());
        Assert.Equal(["inverted blue", Slate, "inverted blue"], (await viewer.StoryAsync()).Select(scene => scene.What));
        Assert.Single(Relay.Lines, line => line.StartsWith("WARNING: Channel moods: workflow: ", StringComparison.Ordinal));
        await LeaveAsync(viewer);
    }

    [Theory]
    [InlineData("passthrough", "green")]
    [InlineData("invert", "inverted green")]
    public async Task A_viewer_who_joins_between_key_frames_need_not_wait_for_one_and_is_not_behind_for_it(string workflow, string scene)
    {
        const int AfterKeyFrame = 5, BetweenKeyFrames = 30;
        const double MostBehindMilliseconds = 200;
        string channel = $"joined-{workflow}";
        await using BrowserSession browser = await chromium.OpenAsync();
        await using FilmPublisher publisher = await PublishAsync(channel, _grainy, workflow, heedsRequests: false);
        WitnessPage early = await JoinAsync(AfterKeyFrame);
        WitnessPage late = await JoinAsync(BetweenKeyFrames);

        // Of pictures that are sent now, a viewer who waited would see a key frame first.
        ShownPicture first = (await late.ShownAsync())[0];
        Assert.True(first.Number % Film.KeyFrameInterval != 0 || Age(first) > 300, $"It waited for a key frame: {first}, {Age(first):0} ms old");
        await GoesOnAsync(late);
        double[] ages = await Eventually.PassesAsync(
            async () => new[] { await AgeAsync(early), await AgeAsync(late) },
            both => Math.Abs(both[0] - both[1]) < MostBehindMilliseconds,
            "both viewers are as far behind the publisher (in milliseconds)");
        TestContext.Current.TestOutputHelper?.WriteLine($"{string.Join(", ", ages.Select(age => $"{age:0} ms"))}; {await late.PlaybackAsync()}");
        Assert.Equal([scene], (await late.StoryAsync()).Select(shown => shown.What));
        await LeaveAsync(early, late);

        async Task<WitnessPage> JoinAsync(int number)
        {
            await Eventually.PassesAsync(
                () => Task.FromResult($"{publisher.Number % Film.KeyFrameInterval}"), at => int.Parse(at) - number is >= 0 and < 8, $"the picture {number} after a key frame");
            WitnessPage viewer = await browser.WitnessAsync(Relay.Whep(channel));
            await viewer.SeesAsync(scene);
            return viewer;
        }

        double Age(ShownPicture picture) => publisher.AgeOf(picture.Number, DateTimeOffset.UnixEpoch.AddMilliseconds(picture.At)).TotalMilliseconds;

        async Task<double> AgeAsync(WitnessPage viewer) => (await viewer.ShownAsync()).TakeLast(30).Select(Age).Order().ElementAt(15);
    }

    [Fact]
    public async Task Three_viewers_hear_and_see_one_publisher_after_the_other()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        WitnessPage[] viewers = [await browser.WitnessAsync(Relay.Whep("music")), await browser.WitnessAsync(Relay.Whep("music")), await browser.WitnessAsync(Relay.Whep("music"))];
        await using FilmPublisher first = await PublishAsync("music", _red, hertz: 440);
        await HearAsync(440);
        await SeeAsync(viewers, "red");
        double[] before = await Task.WhenAll(viewers.Select(async viewer => (await viewer.PlaybackAsync()).SoundSamples));

        await using FilmPublisher second = await PublishAsync("music", _green, "invert", hertz: 880);
        await HearAsync(880);
        await SeeAsync(viewers, "inverted green");
        foreach ((WitnessPage viewer, double samples) in viewers.Zip(before))
        {
            Assert.True((await viewer.PlaybackAsync()).SoundSamples > samples, "No sound came after the takeover.");
            Assert.Equal(["red", "inverted green"], (await viewer.StoryAsync()).Select(shown => shown.What).SkipWhile(what => what == Slate));
        }
        await LeaveAsync(viewers);

        async Task HearAsync(int hertz)
        {
            foreach (WitnessPage viewer in viewers)
                await Eventually.PassesAsync(viewer.Lab.HearAsync, tones => tones.All(tone => Math.Abs(tone - hertz) < 15), $"{hertz} Hz are heard");
        }
    }

    private Task<FilmPublisher> PublishAsync(string channel, Lazy<Film> film, string prompts = "", int hertz = 440, bool heedsRequests = true) =>
        FilmPublisher.StartAsync(Relay.Whip(channel, prompts), film.Value, hertz, heedsRequests);

    private static async Task<string> CodecAsync(WitnessPage viewer) => (await viewer.PlaybackAsync()).Codec;

    private static async Task SeeAsync(IEnumerable<WitnessPage> viewers, string what)
    {
        foreach (WitnessPage viewer in viewers)
            await viewer.SeesAsync(what);
    }

    /// <summary>Waits for a film's worth of pictures, and none of them is older than the one before it.</summary>
    private static async Task GoesOnAsync(WitnessPage viewer)
    {
        ShownPicture[] shown = await Eventually.PassesAsync(viewer.ShownAsync, all => all.Length >= Film.Length, "a film is shown");
        Assert.All(
            shown.Zip(shown.Skip(1)),
            pair => Assert.True((pair.Second.Number - pair.First.Number + Film.Length) % Film.Length < Film.Length / 2, $"{pair.Second} was shown after {pair.First}."));
    }

    /// <summary>Waits until the relay says that viewers of a channel see it.</summary>
    private Task ShowsAsync(string channel, string what) => Eventually.PassesAsync(
        async () => $"{(await OutputAsync(channel)).GetProperty("shows")}", shows => shows.StartsWith(what, StringComparison.Ordinal), $"the relay shows: {what}");

    private async Task<bool> IsTranscodingAsync(string channel) => (await OutputAsync(channel)).GetProperty("transcoding").GetBoolean();

    private async Task<JsonElement> OutputAsync(string channel) => (await Relay.GetAsync("/whip-stats")).EnumerateObject()
        .First(session => session.Value.GetProperty("stream").GetString() == channel).Value.GetProperty("output");

    /// <summary>Each viewer has had one connection, which was never in doubt, and ends it.</summary>
    private async Task LeaveAsync(params WitnessPage[] viewers)
    {
        JsonElement sessions = await Relay.GetAsync("/whep-stats");
        foreach (WitnessPage viewer in viewers)
        {
            Assert.Equal(["connecting", "connected"], await viewer.StatesAsync());
            Assert.Equal("connected", sessions.GetProperty(await viewer.IdAsync()).GetProperty("connection_state").GetString());
            int[] end = await viewer.Lab.EndAsync();
            Assert.Equal([200, 404], end);
        }
    }
}
