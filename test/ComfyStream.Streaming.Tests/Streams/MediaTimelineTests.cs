using ComfyStream.Streaming.Streams;

namespace ComfyStream.Streaming.Tests.Streams;

public sealed class MediaTimelineTests
{
    private readonly MediaTimeline _timeline = new(clockRate: 90_000);

    [Fact]
    public void Jitter_of_arrival_does_not_reach_media_time()
    {
        TimeSpan first = _timeline.Map(1000, TimeSpan.FromSeconds(5));
        TimeSpan second = _timeline.Map(1000 + 3000, TimeSpan.FromMilliseconds(5033 + 80));

        Assert.Equal(TimeSpan.FromSeconds(5), first);
        Assert.Equal(3000 / 90_000.0, (second - first).TotalSeconds, 6);
    }

    [Fact]
    public void A_jump_of_the_senders_clock_continues_at_arrival()
    {
        _timeline.Map(1000, TimeSpan.FromSeconds(5));

        TimeSpan after = _timeline.Map(9_000_000, TimeSpan.FromMilliseconds(5040));

        Assert.Equal(TimeSpan.FromMilliseconds(5040), after);
    }

    [Fact]
    public void Media_time_never_goes_back_when_the_mapping_starts_anew()
    {
        _timeline.Map(0, TimeSpan.FromSeconds(5));
        TimeSpan ahead = _timeline.Map(40_000, TimeSpan.FromSeconds(5));

        TimeSpan after = _timeline.Map(-9_000_000, TimeSpan.FromMilliseconds(5010));

        Assert.True(after > ahead);
    }

    [Fact]
    public void The_next_publishers_frames_come_after_those_of_the_last()
    {
        _timeline.Map(0, TimeSpan.FromSeconds(5));
        TimeSpan ahead = _timeline.Map(30_000, TimeSpan.FromSeconds(5));
        var next = new MediaTimeline(clockRate: 90_000, notBefore: _timeline.Last);

        TimeSpan first = next.Map(77, TimeSpan.FromMilliseconds(5100));
        TimeSpan second = next.Map(77 + 9000, TimeSpan.FromMilliseconds(5200));

        Assert.True(first > ahead);
        Assert.Equal(0.1, (second - first).TotalSeconds, 6);
    }
}
