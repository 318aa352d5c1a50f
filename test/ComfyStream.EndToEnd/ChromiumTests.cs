using ComfyStream.EndToEnd.Browser;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd;

/// <summary>Chromium publishes by WHIP and watches by WHEP, from pages of another origin.</summary>
public sealed class ChromiumTests(RelayProcess relay, Chromium chromium) : RelayTests(relay), IClassFixture<RelayProcess>
{
    /// <summary>Frames over which rates are compared.</summary>
    private const int Sample = 45;

    [Fact]
    public async Task Three_viewers_see_the_inverted_canvas_in_its_size_and_at_its_rate()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        LabPage publisher = await browser.PublishAsync(Relay.Whip("inverted", "invert"), "quadrants");
        LabPage[] viewers = [await Watch(), await Watch(), await Watch()];

        foreach (LabPage viewer in viewers)
            await Quadrants.ShownAsync(viewer, Quadrants.Inverted);
        await viewers[0].ShowAsync("inverted");

        int sentBefore = (await publisher.VideoAsync()).Frames;
        int[] seenBefore = await Task.WhenAll(viewers.Select(async viewer => (await viewer.VideoAsync()).Frames));
        Figures sent = await publisher.FramesAsync(Sample);
        foreach ((LabPage viewer, int before) in viewers.Zip(seenBefore))
        {
            Figures seen = await viewer.VideoAsync();
            Assert.Equal((Quadrants.Width, Quadrants.Height), (seen.Width, seen.Height));
            Assert.Equal("video/H264", seen.Codec);
            // Every frame that is sent is shown, but one process more on a busy machine may skip some.
            Assert.InRange(seen.Frames - before, (sent.Frames - sentBefore) / 2, (sent.Frames - sentBefore) * 2);
        }
        Assert.Empty(browser.Problems);

        Task<LabPage> Watch() => browser.WatchAsync(Relay.Whep("inverted"));
    }

    [Fact]
    public async Task Background_blur_takes_the_edges_from_the_background_and_leaves_the_face()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        await browser.PublishAsync(Relay.Whip("blurred", "background-blur"), "person");
        LabPage viewer = await browser.WatchAsync(Relay.Whep("blurred"));
        await viewer.FramesAsync(Sample);

        foreach (Patch background in new Patch[] { new(16, 16, 160, 120), new(440, 16, 180, 120) })
        {
            await Eventually.PassesAsync(
                () => viewer.CompareAsync("person", background),
                seen => seen.Sharpness < seen.SourceSharpness / 5,
                $"the background at {background} is blurred");
        }
        await viewer.ShowAsync("blurred");
        Comparison face = await viewer.CompareAsync("person", new Patch(266, 80, 60, 72));
        Assert.InRange(face.Difference, 0, 14);
        Assert.True(face.Sharpness > face.SourceSharpness / 2, $"the face is no longer sharp: {face}");
    }

    [Fact]
    public async Task The_raw_input_and_a_passthrough_keep_the_colours()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        await browser.PublishAsync(Relay.Whip("kept"), "quadrants");
        await browser.PublishAsync(Relay.Whip("cam", "invert"), "quadrants");
        LabPage passthrough = await browser.WatchAsync(Relay.Whep("kept"));
        LabPage raw = await browser.WatchAsync(Relay.Whep("cam/raw"));

        await Quadrants.ShownAsync(passthrough, Quadrants.Colours);
        await Quadrants.ShownAsync(raw, Quadrants.Colours);
        Figures seen = await raw.FramesAsync(Sample);
        Assert.Equal((Quadrants.Width, Quadrants.Height), (seen.Width, seen.Height));
    }

    [Fact]
    public async Task Sound_arrives_in_stereo_beside_the_processed_picture()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        await browser.PublishAsync(Relay.Whip("music", "invert"), "quadrants", withSound: true);
        LabPage viewer = await browser.WatchAsync(Relay.Whep("music"));

        await Eventually.PassesAsync(
            viewer.HearAsync,
            tones => Math.Abs(tones[0] - 440) < 15 && Math.Abs(tones[1] - 880) < 15,
            "440 Hz on the left and 880 Hz on the right are heard");
        Assert.Equal("audio/opus", (await viewer.AudioAsync()).Codec);
        await Quadrants.ShownAsync(viewer, Quadrants.Inverted);
    }

    [Fact]
    public async Task Camera_and_microphone_are_published_in_H264_and_seen()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        LabPage publisher = await browser.OpenLabAsync();
        await publisher.PublishCameraAsync(Relay.Whip("camera", "invert"));
        LabPage viewer = await browser.WatchAsync(Relay.Whep("camera"));

        Figures seen = await viewer.FramesAsync(Sample);
        Assert.Equal((640, 360), (seen.Width, seen.Height));
        Assert.Equal("video/H264", (await publisher.VideoAsync()).Codec);
        await Eventually.PassesAsync(viewer.AudioAsync, audio => audio.Packets > 50, "sound arrives");
        await viewer.ShowAsync("camera");
    }

    [Fact]
    public async Task A_viewer_that_comes_first_gets_the_picture_once_the_publisher_starts()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        LabPage viewer = await browser.WatchAsync(Relay.Whep("later"));
        await Eventually.PassesAsync(viewer.ConnectionStateAsync, state => state == "connected", "the viewer is connected");

        await browser.PublishAsync(Relay.Whip("later", "invert"), "quadrants");
        await Quadrants.ShownAsync(viewer, Quadrants.Inverted);
    }

    [Fact]
    public async Task A_viewer_stays_when_another_publisher_takes_the_channel_over()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        await browser.PublishAsync(Relay.Whip("taken", "invert"), "quadrants");
        LabPage viewer = await browser.WatchAsync(Relay.Whep("taken"));
        await Quadrants.ShownAsync(viewer, Quadrants.Inverted);

        await browser.PublishAsync(Relay.Whip("taken", "passthrough"), "quadrants");
        await Quadrants.ShownAsync(viewer, Quadrants.Colours);
        await viewer.FramesAsync(Sample);
    }

    [Fact]
    public async Task The_page_of_another_origin_reads_Location_and_ends_its_session()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        LabPage viewer = await browser.WatchAsync(Relay.Whep("ended"));
        Assert.Matches($"^{Relay.Address}whep/[A-Za-z0-9_-]{{22,}}$", await viewer.SessionAsync());

        int[] statuses = await viewer.EndAsync();
        Assert.Equal([200, 404], statuses);
        await Eventually.PassesAsync(viewer.ConnectionStateAsync, state => state is "closed" or "failed" or "disconnected", "the viewer learns of its end");
    }

    [Fact]
    public async Task After_a_page_was_closed_no_session_is_left()
    {
        await using (BrowserSession browser = await chromium.OpenAsync())
        {
            LabPage publisher = await browser.PublishAsync(Relay.Whip("left", "invert"), "quadrants");
            LabPage viewer = await browser.WatchAsync(Relay.Whep("left"));
            await viewer.FramesAsync(1);
            await viewer.CloseAsync();
            await publisher.CloseAsync();
        }
        await Relay.NoSessionsAsync();
    }
}
