using ComfyStream.Transport;

namespace ComfyStream.Streaming.Tests.Running;

[Collection(OneRelayAtATime.Name)]
public sealed class ForwardingTests
{
    [Theory]
    [InlineData(SocketMode.Segmented)]
    [InlineData(SocketMode.Batched)]
    [InlineData(SocketMode.Plain)]
    public async Task A_viewer_receives_what_is_published_byte_for_byte(SocketMode mode)
    {
        await using var test = new TestRelay(options => options with { SocketMode = mode });
        Camera camera = await test.PublishAsync("cam");
        Viewer viewer = await test.WatchAsync("cam");
        Film film = Film.Invent(count: 40, byteCount: 3000);

        for (int i = 0; i < film.Units.Count; i++)
        {
            camera.Write(film.Units[i], isKeyFrame: i == 0);
            camera.WriteSound([0xF8, (byte)i, 1, 2]);
            await TestRelay.Until(() => viewer.PictureCount == i + 1 && viewer.Sounds.Count == i + 1, $"frame {i} arrived");
        }

        Assert.Equal(film.Units, viewer.Pictures.Select(picture => picture.Data));
        Assert.Equal(Enumerable.Range(0, 40).Select(i => new byte[] { 0xF8, (byte)i, 1, 2 }), viewer.Sounds);
        SessionSnapshot session = Assert.Single(test.Viewers);
        Assert.Equal((40, 0), (session.FramesSent, session.FramesDropped));
        Assert.Equal(40, Assert.Single(test.Publishers).FramesReceived);
        Assert.Equal(40, test.Stream("cam").ProcessedFrames);
        Assert.Equal(0, test.Codecs.Decoders);
    }

    [Fact]
    public async Task A_picture_and_the_sound_that_comes_with_it_leave_as_one_message()
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam");
        Viewer viewer = await test.WatchAsync("cam");
        Film film = Film.Invent(count: 500, byteCount: 900);
        EventLoop loop = Assert.Single(test.Relay.Loops);

        int next = 0;
        while (loop.Counters.DatagramsSent == loop.Counters.MessagesSent)
        {
            // The loop is busy while both come in, and finds them together, if the camera was not held up.
            Assert.True(loop.Post(_ => Thread.Sleep(20)));
            camera.WriteSound([0xF8, 1]);
            camera.Write(film.Units[next], isKeyFrame: next == 0);
            Assert.True(++next < film.Units.Count, "No sound left with its picture.");
            await TestRelay.Until(() => viewer.PictureCount == next && viewer.Sounds.Count == next, "both arrived");
        }
    }

    [Fact]
    public async Task Sound_that_comes_just_before_its_picture_waits_for_it()
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam");
        await test.WatchAsync("cam");
        Film film = Film.Invent(count: 5000, byteCount: 900);
        EventLoop loop = Assert.Single(test.Relay.Loops);

        // The machine may be busy with other things: one sound that rides proves it.
        int next = 0;
        while (loop.Counters.DatagramsSent == loop.Counters.MessagesSent)
        {
            camera.Write(film.Units[next], isKeyFrame: next == 0);
            Assert.True(++next < film.Units.Count, "No sound waited for its picture.");
            await Task.Delay(30, TestContext.Current.CancellationToken);
            camera.WriteSound([0xF8, 1]);
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task A_viewer_who_comes_before_the_publisher_gets_its_pictures_when_it_comes()
    {
        await using var test = new TestRelay();
        Viewer viewer = await test.WatchAsync("cam");
        Assert.Contains(test.Log.Lines, line => line.StartsWith("WHEP: No processed stream yet on channel cam", StringComparison.Ordinal));
        Assert.False(test.Stream("cam").HasPublisher);

        Camera camera = await test.PublishAsync("cam");
        Film film = Film.Invent(count: 3, byteCount: 1000);
        for (int i = 0; i < film.Units.Count; i++)
            camera.Write(film.Units[i], isKeyFrame: i == 0);

        byte[] last = film.Units[^1];
        await TestRelay.Until(() => viewer.Pictures.Any(picture => picture.Data.SequenceEqual(last)), "the waiting viewer has the pictures");
        Assert.Equal(film.Units, viewer.Pictures.TakeLast(3).Select(picture => picture.Data));
    }

    [Fact]
    public async Task A_viewer_who_joins_gets_the_pictures_since_the_last_key_frame_and_the_publisher_is_not_troubled()
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam");
        Film film = Film.Invent(count: 30, byteCount: 2000);
        for (int i = 0; i < 20; i++)
            camera.Write(film.Units[i], isKeyFrame: i == 0);
        await TestRelay.Until(() => test.Stream("cam").ProcessedFrames == 20, "the relay has the pictures");

        Viewer viewer = await test.WatchAsync("cam");
        await TestRelay.Until(() => viewer.PictureCount == 20, "the viewer has the past");
        for (int i = 20; i < 30; i++)
            camera.Write(film.Units[i], isKeyFrame: false);
        await TestRelay.Until(() => viewer.PictureCount == 30, "the viewer has what came next");

        Assert.Equal(film.Units, viewer.Pictures.Select(picture => picture.Data));
        Assert.Equal(0, camera.KeyFrameRequests);
        Assert.True(viewer.Pictures[19].MediaTime - viewer.Pictures[0].MediaTime < TimeSpan.FromMilliseconds(25), "The past is spread over the viewer's time.");
    }

    [Fact]
    public async Task A_viewer_who_joins_a_group_of_pictures_that_is_too_long_begins_with_a_key_frame_that_the_publisher_is_asked_for()
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam");
        Film film = Film.Invent(count: 5000, byteCount: 500);
        await camera.PlayUntil(film, () => test.Stream("cam").ProcessedFrames > 200, "the stream has gone on for more than two seconds");

        Viewer viewer = await test.WatchAsync("cam");
        await TestRelay.Until(() => viewer.PictureCount > 5, "the viewer has pictures");

        Assert.Equal(film.Units.Take(5), viewer.Pictures.Take(5).Select(picture => picture.Data));
        Assert.True(viewer.Pictures[0].IsKeyFrame);
        Assert.InRange(camera.KeyFrameRequests, 1, int.MaxValue);
    }

    [Fact]
    public async Task The_raw_input_is_watched_next_to_the_processed_one()
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam", TestWorkflow.Paint(200));
        Viewer processed = await test.WatchAsync("cam");
        Viewer raw = await test.WatchAsync("cam/raw");

        Film film = Film.Shoot(320, 240, luma: 60);
        await camera.PlayUntil(film, () => processed.PictureCount > 5 && raw.PictureCount > 5, "both viewers have pictures");

        Assert.All(processed.Decode(), picture => Assert.InRange(picture.Luma, 195, 205));
        Assert.All(raw.Pictures, picture => Assert.Contains(film.Units, unit => unit.AsSpan().SequenceEqual(picture.Data)));
    }

    [Fact]
    public async Task A_viewer_of_sound_alone_gets_sound_and_loses_no_pictures()
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam");
        Viewer listener = await test.WatchAsync("cam", video: false);
        Viewer viewer = await test.WatchAsync("cam");
        Film film = Film.Invent(count: 5, byteCount: 1000);

        for (int i = 0; i < film.Units.Count; i++)
        {
            camera.Write(film.Units[i], isKeyFrame: i == 0);
            camera.WriteSound([0xF8, (byte)i]);
        }

        await TestRelay.Until(() => viewer.PictureCount == 5 && listener.Sounds.Count == 5, "everything arrived");
        SessionSnapshot session = test.Viewers.Single(candidate => candidate.Id == listener.Id);
        Assert.Equal((false, true), (session.HasVideo, session.HasAudio));
        Assert.Equal(0, session.FramesDropped);
        Assert.Equal(0, listener.PictureCount);
    }

    [Fact]
    public async Task Viewers_on_several_event_loops_get_the_same_pictures()
    {
        await using var test = new TestRelay(options => options with { EventLoops = 3 });
        Camera camera = await test.PublishAsync("cam");
        var viewers = new Viewer[6];
        for (int i = 0; i < viewers.Length; i++)
            viewers[i] = await test.WatchAsync("cam");
        Film film = Film.Invent(count: 10, byteCount: 2000);

        for (int i = 0; i < film.Units.Count; i++)
        {
            camera.Write(film.Units[i], isKeyFrame: i == 0);
            await TestRelay.Until(() => viewers.All(viewer => viewer.PictureCount == i + 1), $"all have picture {i}");
        }

        Assert.All(test.Relay.Loops, loop => Assert.InRange(loop.Counters.Peers, 2, 3));
        Assert.All(viewers, viewer => Assert.Equal(film.Units, viewer.Pictures.Select(picture => picture.Data)));
    }
}
