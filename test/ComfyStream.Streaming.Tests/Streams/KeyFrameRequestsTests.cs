using ComfyStream.Streaming.Streams;

namespace ComfyStream.Streaming.Tests.Streams;

public sealed class KeyFrameRequestsTests
{
    private static readonly ViewerFormats Viewer = ViewerFormats.At(2);

    private readonly KeyFrameRequests _requests = new();

    [Fact]
    public void Viewers_who_miss_pictures_all_the_time_get_one_key_frame_in_two_seconds()
    {
        int passed = 0;
        for (int i = 0; i < 1000; i++)
        {
            passed += _requests.Allows(Seconds(0.01 * i), Viewer, isJoining: false) ? 1 : 0;
            passed += _requests.TryTakeDue(Seconds(0.01 * i), out _) ? 1 : 0;
        }

        Assert.Equal(5, passed);
    }

    [Fact]
    public void A_viewer_who_joins_does_not_wait_for_those_who_missed_something()
    {
        Assert.True(_requests.Allows(Seconds(5), Viewer, isJoining: false));

        Assert.True(_requests.Allows(Seconds(5.1), Viewer, isJoining: true));
        Assert.False(_requests.Allows(Seconds(5.2), Viewer, isJoining: false));
    }

    [Fact]
    public void Who_asks_too_early_is_remembered_and_need_not_ask_again()
    {
        Assert.True(_requests.Allows(Seconds(5), Viewer, isJoining: false));
        Assert.False(_requests.Allows(Seconds(5.2), Viewer, isJoining: false));

        Assert.False(_requests.TryTakeDue(Seconds(6.9), out _));
        Assert.True(_requests.TryTakeDue(Seconds(7), out ViewerFormats viewer));
        Assert.Equal(Viewer, viewer);
        Assert.False(_requests.TryTakeDue(Seconds(20), out _));
    }

    [Fact]
    public void A_key_frame_that_comes_meanwhile_is_the_answer()
    {
        Assert.True(_requests.Allows(Seconds(5), Viewer, isJoining: false));
        Assert.False(_requests.Allows(Seconds(5.2), Viewer, isJoining: false));
        _requests.NoteKeyFrame();

        Assert.False(_requests.TryTakeDue(Seconds(8), out _));
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
