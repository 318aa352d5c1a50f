using ComfyStream.Media;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>Every viewer gets pictures that it plays, coded once for all who need the same.</summary>
[Collection(OneRelayAtATime.Name)]
public sealed class RenditionTests
{
    private static readonly Film DarkH264 = Film.Shoot(320, 240, luma: 60);
    private static readonly Film DarkVp8 = Film.Shoot(320, 240, luma: 60, codec: MediaCodec.Vp8);

    [Fact]
    public async Task The_workflows_pictures_are_encoded_once_for_each_codec_in_use()
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam", TestWorkflow.Paint(200));
        Viewer[] vp8 = [await test.WatchAsync("cam", codecs: [MediaCodec.Vp8]), await test.WatchAsync("cam", codecs: [MediaCodec.Vp8])];
        await camera.PlayUntil(DarkH264, () => vp8.All(viewer => viewer.PictureCount >= 10), "the viewers without H.264 see it");
        Assert.Equal(1, test.Codecs.Encoders);

        Viewer h264 = await test.WatchAsync("cam", codecs: [MediaCodec.H264, MediaCodec.Vp8]);
        await TestRelay.Until(() => h264.PictureCount >= 10, "the viewer with H.264 sees it");

        Assert.Equal(2, test.Codecs.Encoders);
        Assert.Equal([MediaCodec.H264], h264.Codecs);
        Assert.All([.. vp8, h264], viewer => Assert.All(viewer.Decode(), shown => Assert.InRange(shown.Luma, 190, 210)));
    }

    [Fact]
    public async Task A_forwarded_picture_is_coded_again_only_while_a_viewer_cannot_play_it()
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam");
        Viewer h264 = await test.WatchAsync("cam");
        await camera.PlayUntil(DarkH264, () => h264.PictureCount >= 5, "the viewer with H.264 sees it");
        Assert.Equal((0, 0), (test.Codecs.Decoders, test.Codecs.Encoders));
        Assert.False(test.Stream("cam").IsTranscoding);

        Viewer vp8 = await test.WatchAsync("cam", codecs: [MediaCodec.Vp8]);
        await TestRelay.Until(() => vp8.PictureCount >= 5, "the viewer without H.264 sees it");
        Assert.True(test.Stream("cam").IsTranscoding);
        Assert.Equal((1, 1), (test.Codecs.Decoders, test.Codecs.Encoders));
        Assert.All(vp8.Decode(), shown => Assert.InRange(shown.Luma, 55, 65));

        await vp8.DisposeAsync();
        await TestRelay.Until(() => !test.Stream("cam").IsTranscoding, "nothing is coded again any more");
        int before = h264.PictureCount;
        await TestRelay.Until(() => h264.PictureCount > before + 5, "the stream goes on");
        Assert.All(h264.Pictures, picture => Assert.Contains(DarkH264.Units, unit => unit.AsSpan().SequenceEqual(picture.Data)));
    }

    [Theory]
    [InlineData("cam")]
    [InlineData("cam/raw")]
    public async Task Vp8_is_forwarded_to_those_who_play_it_and_coded_again_for_the_others(string streamId)
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam", codec: MediaCodec.Vp8);
        Viewer both = await test.WatchAsync(streamId, codecs: [MediaCodec.H264, MediaCodec.Vp8]);
        Viewer h264 = await test.WatchAsync(streamId);
        await camera.PlayUntil(DarkVp8, () => both.PictureCount >= 10 && h264.PictureCount >= 10, "both see it");

        Assert.Equal([MediaCodec.Vp8], both.Codecs);
        Assert.All(both.Pictures, picture => Assert.Contains(DarkVp8.Units, unit => unit.AsSpan().SequenceEqual(picture.Data)));
        Assert.Equal([MediaCodec.H264], h264.Codecs);
        Assert.All(h264.Decode(), shown => Assert.InRange(shown.Luma, 55, 65));
    }

    [Fact]
    public async Task A_publisher_of_vp8_is_processed_as_well()
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam", TestWorkflow.Paint(200), codec: MediaCodec.Vp8);
        Viewer viewer = await test.WatchAsync("cam");
        await camera.PlayUntil(DarkVp8, () => viewer.PictureCount >= 10, "the viewer sees it");

        Assert.All(viewer.Decode(), shown => Assert.InRange(shown.Luma, 195, 205));
    }

    [Fact]
    public async Task A_viewer_goes_with_the_next_publishers_codec()
    {
        await using var test = new TestRelay();
        Camera first = await test.PublishAsync("cam");
        Viewer both = await test.WatchAsync("cam", codecs: [MediaCodec.H264, MediaCodec.Vp8]);
        Viewer h264 = await test.WatchAsync("cam");
        await first.PlayUntil(DarkH264, () => both.PictureCount >= 5 && h264.PictureCount >= 5, "both see the first publisher");

        Camera second = await test.PublishAsync("cam", codec: MediaCodec.Vp8);
        await second.PlayUntil(
            Film.Shoot(176, 144, luma: 60, codec: MediaCodec.Vp8),
            () => both.LastShown.Width == 176 && h264.LastShown.Width == 176,
            "both see the second publisher");

        Assert.Equal([MediaCodec.H264, MediaCodec.Vp8], both.Codecs);
        Assert.Equal([MediaCodec.H264], h264.Codecs);
    }

    [Fact]
    public async Task Viewers_of_a_publisher_that_ignores_requests_for_key_frames_are_given_the_picture_coded_again_until_it_sends_one()
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam");
        camera.ObeysKeyFrameRequests = false;
        Film film = await Film.EncodeAsync("-profile:v baseline -g 1000", seconds: 16);
        await camera.PlayUntil(film, () => test.Stream("cam").ProcessedFrames > 150, "more has come than a viewer is given at once");
        Viewer first = await test.WatchAsync("cam");
        await TestRelay.Until(() => first.PictureCount > 0, "the first viewer, with whom the relay learns, has the next key frame");
        Assert.True(IsOfFilm(first.Pictures[0]));
        await TestRelay.Until(() => first.PictureCount > 150, "more has come again");

        Viewer second = await test.WatchAsync("cam");
        await TestRelay.Until(() => second.PictureCount > 20, "the second viewer sees it before the next key frame");
        Assert.False(IsOfFilm(second.Pictures[0]));
        Assert.True(test.Stream("cam").IsTranscoding);
        await TestRelay.Until(() => IsOfFilm(second.Pictures[^1]), "the second viewer has gone over to the source");

        Assert.All(second.Decode(), shown => Assert.Equal(320, shown.Width));
        Assert.All(first.Pictures, picture => Assert.True(IsOfFilm(picture)));
        await TestRelay.Until(() => !test.Stream("cam").IsTranscoding, "nothing is coded again any more");

        bool IsOfFilm(Viewer.Received picture) => film.Units.Any(unit => unit.AsSpan().SequenceEqual(picture.Data));
    }

    [Theory]
    [InlineData("high", "-profile:v high -bf 0")]
    [InlineData("B-frames", "-profile:v main -bf 2")]
    public async Task What_a_viewers_profile_does_not_cover_is_coded_again(string what, string encoderOptions)
    {
        await using var test = new TestRelay();
        Camera camera = await test.PublishAsync("cam");
        Viewer viewer = await test.WatchAsync("cam");
        Film film = await Film.EncodeAsync(encoderOptions);
        await camera.PlayUntil(film, () => viewer.PictureCount >= 20, $"the viewer sees a stream with {what}");

        Assert.True(test.Stream("cam").IsTranscoding);
        Assert.All(viewer.Decode(), shown => Assert.Equal(320, shown.Width));
        Assert.All(viewer.Pictures, picture => Assert.DoesNotContain(film.Units, unit => unit.AsSpan().SequenceEqual(picture.Data)));
    }
}
