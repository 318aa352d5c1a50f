using ComfyStream.Media;
using ComfyStream.Transport;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>What viewers see while there is no picture: they are never sent away, and their time goes on.</summary>
[Collection(OneRelayAtATime.Name)]
public sealed class SlateTests
{
    private const int SlateWidth = 1280;
    private static readonly Film Dark = Film.Shoot(320, 240, luma: 60);

    [Theory]
    [InlineData("cam", MediaCodec.H264)]
    [InlineData("cam/raw", MediaCodec.H264)]
    [InlineData("cam", MediaCodec.Vp8)]
    public async Task A_viewer_who_comes_first_sees_a_slate_once_a_second_and_then_the_picture(string streamId, MediaCodec codec)
    {
        await using var test = new TestRelay();
        Viewer viewer = await test.WatchAsync(streamId, codecs: [codec]);
        await TestRelay.Until(() => viewer.PictureCount == 3, "three slates have come");

        IReadOnlyList<Viewer.Received> slates = viewer.Pictures;
        Assert.All(slates, slate => Assert.True(slate.IsKeyFrame));
        Assert.Equal(codec == MediaCodec.H264, !slates[0].Data.SequenceEqual(slates[1].Data));
        Assert.Equal(slates[0].Data, slates[2].Data);
        Assert.All(viewer.Decode(), shown => Assert.Equal(SlateWidth, shown.Width));
        Assert.InRange((slates[2].MediaTime - slates[0].MediaTime).TotalSeconds, 1.5, 10);

        Camera camera = await test.PublishAsync("cam", codec: codec);
        await camera.PlayUntil(Film.Shoot(320, 240, luma: 60, codec: codec), () => viewer.PictureCount > 10, "the picture has come");
        Assert.Equal(320, viewer.LastShown.Width);
        AssertTimeGoesOn(viewer);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Viewers_see_the_last_picture_for_the_grace_time_then_a_slate_and_the_next_publisher(bool hasWorkflow)
    {
        await using var test = new TestRelay(options => options with { GraceTime = TimeSpan.FromSeconds(1.5) });
        Camera first = await test.PublishAsync("cam", hasWorkflow ? TestWorkflow.Paint(200) : null);
        Viewer viewer = await test.WatchAsync("cam");
        await first.PlayUntil(Dark, () => viewer.PictureCount >= 5, "the viewer sees the first publisher");
        await TestRelay.Until(() => test.Stream("cam").Shows == "live", "the statistics say so");
        await first.DisposeAsync();
        int before = viewer.PictureCount;
        await TestRelay.Until(() => test.Stream("cam").Shows == "last picture", "the last picture is held");
        await TestRelay.Until(() => viewer.PictureCount > before, "a slate comes");

        Assert.Equal("slate (the publisher is gone)", test.Stream("cam").Shows);
        Assert.Equal(320, viewer.LastShown.Width);
        Assert.NotInRange(viewer.LastShown.Luma, 195, 205);
        Assert.True(viewer.Pictures[^1].MediaTime - viewer.Pictures[before - 1].MediaTime > TimeSpan.FromSeconds(1.4), "The slate came within the grace time.");

        Camera second = await test.PublishAsync("cam");
        await second.PlayUntil(Film.Shoot(176, 144, luma: 60), () => viewer.LastShown.Width == 176, "the viewer sees the second publisher");
        if (hasWorkflow)
            Assert.InRange(viewer.LastShown.Luma, 195, 205);
        await TestRelay.Until(() => test.Stream("cam").Shows == "live", "the statistics say so");
        Assert.Equal(1, test.Stream("cam").Interruptions);
        Assert.Contains("Channel cam: viewers see a slate (the publisher is gone)", test.Log.Lines);
        Assert.Contains("Channel cam: viewers see the picture again", test.Log.Lines);
        AssertTimeGoesOn(viewer);
    }

    [Fact]
    public async Task A_workflow_that_fails_is_never_shown_as_its_input_and_comes_back_by_itself()
    {
        bool fails = false;
        var workflow = new TestWorkflow("moody", frame => Volatile.Read(ref fails) ? throw new InvalidOperationException("out of paint") : TestWorkflow.Fill(frame, 200));
        await using var test = new TestRelay(options => options with { HoldTime = TimeSpan.FromSeconds(1) });
        Camera camera = await test.PublishAsync("cam", workflow);
        Viewer viewer = await test.WatchAsync("cam");
        await camera.PlayUntil(Film.Shoot(320, 240, luma: 120), () => viewer.PictureCount >= 5, "the viewer sees the workflow's picture");

        Volatile.Write(ref fails, true);
        await TestRelay.Until(() => test.Stream("cam").Slates >= 2, "slates are shown");
        StreamSnapshot failing = test.Stream("cam");
        Assert.Equal("slate (the workflow gives no picture)", failing.Shows);
        Assert.Equal("workflow: out of paint", failing.Error);
        Assert.InRange(failing.FailedFrames, 1, long.MaxValue);

        Volatile.Write(ref fails, false);
        int before = viewer.PictureCount;
        await TestRelay.Until(() => test.Stream("cam").Shows == "live" && viewer.PictureCount > before + 10, "the workflow's picture is back");
        Assert.Equal("", test.Stream("cam").Error);
        Assert.All(viewer.Decode(), shown => Assert.NotInRange(shown.Luma, 110, 130));
        Assert.InRange(viewer.LastShown.Luma, 195, 205);
        Assert.Single(test.Log.Lines, line => line == "Channel cam: workflow: out of paint");
        AssertTimeGoesOn(viewer);
    }

    [Fact]
    public async Task A_workflow_that_fails_open_lets_the_input_through_until_it_works_again()
    {
        bool fails = false;
        var workflow = new TestWorkflow("open", frame => Volatile.Read(ref fails) ? throw new InvalidOperationException("out of paint") : TestWorkflow.Fill(frame, 200)) { FailsOpen = true };
        await using var test = new TestRelay(options => options with { HoldTime = TimeSpan.FromSeconds(1) });
        Camera camera = await test.PublishAsync("cam", workflow);
        Viewer viewer = await test.WatchAsync("cam");
        await camera.PlayUntil(Dark, () => viewer.PictureCount >= 5, "the viewer sees the workflow's picture");

        Volatile.Write(ref fails, true);
        await TestRelay.Until(() => viewer.LastShown.Luma is > 50 and < 70, "the input is shown");
        Assert.Equal(0, test.Stream("cam").Slates);
        Volatile.Write(ref fails, false);
        await TestRelay.Until(() => viewer.LastShown.Luma is > 195 and < 205, "the workflow's picture is back");
        await TestRelay.Until(() => test.Stream("cam").Shows == "live", "the statistics say so");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_viewer_who_joins_while_the_publisher_is_gone_sees_its_last_picture_and_then_the_next_publishers(bool hasWorkflow)
    {
        await using var test = new TestRelay(options => options with { GraceTime = TestRelay.Patience });
        Camera first = await test.PublishAsync("cam", hasWorkflow ? TestWorkflow.Paint(200) : null);
        Viewer early = await test.WatchAsync("cam");
        await first.PlayUntil(Dark, () => early.PictureCount >= 5, "the first viewer sees the first publisher");
        await first.DisposeAsync();
        await TestRelay.Until(() => !test.Stream("cam").HasPublisher, "the publisher is gone");

        await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);
        TimeSpan joined = EventLoop.Now;
        Viewer late = await test.WatchAsync("cam");
        await TestRelay.Until(() => late.PictureCount > 0, "the second viewer sees the last picture");
        Assert.Equal((320, 240), (late.LastShown.Width, late.LastShown.Height));

        Camera second = await test.PublishAsync("cam");
        await second.PlayUntil(Film.Shoot(176, 144, luma: 60), () => early.LastShown.Width == 176 && late.LastShown.Width == 176, "both see the second publisher");
        AssertTimeGoesOn(early);
        AssertTimeGoesOn(late);
        Assert.True(late.Pictures[^1].MediaTime - late.Pictures[0].MediaTime < EventLoop.Now - joined + TimeSpan.FromMilliseconds(500), "The time before it came lies between a viewer's pictures.");
    }

    [Fact]
    public async Task A_workflow_that_takes_over_from_one_that_fails_open_lets_no_input_through()
    {
        int painted = 0;
        var open = new TestWorkflow("open", frame => painted++ < 20 ? TestWorkflow.Fill(frame, 160) : throw new InvalidOperationException("out of paint")) { FailsOpen = true };
        var closed = new TestWorkflow("closed", _ => throw new InvalidOperationException("no ink either"));
        await using var test = new TestRelay(options => options with { HoldTime = TimeSpan.FromSeconds(1) });
        Camera first = await test.PublishAsync("cam", open);
        Viewer viewer = await test.WatchAsync("cam");
        await first.PlayUntil(Film.Shoot(320, 240, luma: 120), () => viewer.LastShown.Luma is > 110 and < 130, "the input is shown");

        await first.DisposeAsync();
        await TestRelay.Until(() => !test.Stream("cam").HasPublisher, "the first publisher is gone");
        await Task.Delay(TimeSpan.FromSeconds(0.2), TestContext.Current.CancellationToken);
        Camera second = await test.PublishAsync("cam", closed);
        await second.PlayUntil(Film.Shoot(320, 240, luma: 220), () => test.Stream("cam").Shows == "slate (the workflow gives no picture)", "the slate is shown");

        Assert.DoesNotContain(viewer.Decode(), shown => shown.Luma > 200);
    }

    [Fact]
    public async Task Viewers_who_have_waited_for_a_publisher_for_too_long_are_sent_away()
    {
        await using var test = new TestRelay(options => options with { IdleTimeout = TimeSpan.FromSeconds(1) });
        Viewer viewer = await test.WatchAsync("cam");

        await test.UntilNothingIsLeft();

        Assert.Single(test.Log.Lines, line => line.StartsWith("Channel cam: nobody has published for 1 s", StringComparison.Ordinal));
        await TestRelay.Until(() => viewer.CloseReason == WebRtc.CloseReason.RemoteClose, "the viewer was told");
    }

    private static void AssertTimeGoesOn(Viewer viewer)
    {
        IReadOnlyList<Viewer.Received> pictures = viewer.Pictures;
        Assert.All(pictures.Zip(pictures.Skip(1)), pair => Assert.True(pair.Second.MediaTime > pair.First.MediaTime, "A viewer's time went back."));
    }
}
