using ComfyStream.Streaming.Streams;

namespace ComfyStream.Streaming.Tests.Streams;

public sealed class KeyFrameRequestsTests
{
    [Fact]
    public void Viewers_who_miss_pictures_all_the_time_get_one_key_frame_in_two_seconds()
    {
        var requests = new KeyFrameRequests();
        int allowed = 0;
        for (int i = 0; i < 1000; i++)
            allowed += requests.Allows(TimeSpan.FromMilliseconds(10 * i), isJoining: false) ? 1 : 0;

        Assert.Equal(5, allowed);
        Assert.Equal(995, requests.RefusedCount);
    }

    [Fact]
    public void A_viewer_who_joins_does_not_wait_for_those_who_missed_something()
    {
        var requests = new KeyFrameRequests();
        Assert.True(requests.Allows(TimeSpan.FromSeconds(5), isJoining: false));

        Assert.True(requests.Allows(TimeSpan.FromSeconds(5.1), isJoining: true));
        Assert.False(requests.Allows(TimeSpan.FromSeconds(5.2), isJoining: false));
    }
}
