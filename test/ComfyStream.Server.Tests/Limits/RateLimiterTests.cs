using System.Net;
using ComfyStream.Server.Limits;
using Xunit;

namespace ComfyStream.Server.Tests.Limits;

public sealed class RateLimiterTests
{
    private readonly SteppedClock _clock = new();

    [Fact]
    public void A_burst_passes_then_the_rate_and_each_key_has_its_own()
    {
        var limiter = new RateLimiter(new RateOptions(PerSecond: 2, Burst: 5), _clock);
        Assert.Equal(5, Enumerable.Range(0, 20).Count(_ => limiter.TryTake("a", out TimeSpan _)));
        Assert.True(limiter.TryTake("b", out _));
        Assert.False(limiter.TryTake("a", out TimeSpan wait));
        Assert.Equal(TimeSpan.FromSeconds(0.5), wait);
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(4, Enumerable.Range(0, 20).Count(_ => limiter.TryTake("a", out TimeSpan _)));
    }

    [Fact]
    public void Looking_takes_nothing()
    {
        var limiter = new RateLimiter(new RateOptions(1, 1), _clock);
        Assert.True(limiter.HasLeft("a", out _));
        Assert.True(limiter.HasLeft("a", out _));
        Assert.True(limiter.TryTake("a", out _));
        Assert.False(limiter.HasLeft("a", out _));
    }

    [Fact]
    public void More_keys_than_there_is_room_for_share_one_bucket_and_old_ones_make_room()
    {
        var limiter = new RateLimiter(new RateOptions(1, 2), _clock);
        int passed = Enumerable.Range(0, 20_000).Count(i => limiter.TryTake($"key-{i}", out TimeSpan _));
        Assert.InRange(passed, 16_384, 16_390);
        _clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(1_000, Enumerable.Range(0, 1_000).Count(i => limiter.TryTake($"later-{i}", out TimeSpan _)));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("::ffff:192.0.2.1", "192.0.2.1")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    public void An_ipv6_network_counts_as_one_address(string address, string key) => Assert.Equal(key, RateLimiter.KeyOf(IPAddress.Parse(address)));
}
