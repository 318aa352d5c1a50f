using ComfyStream.Streaming.Pipeline;

namespace ComfyStream.Streaming.Tests.Pipeline;

public sealed class FrameRateEstimatorTests
{
    [Theory]
    [InlineData(30, false)]
    [InlineData(25, false)]
    [InlineData(60, true)]
    [InlineData(15, true)]
    public void Only_a_rate_that_differs_by_a_quarter_changes_the_estimate(int framesPerSecond, bool changes)
    {
        var estimator = new FrameRateEstimator(30);
        bool changed = false;

        for (int i = 0; i < 130; i++)
            changed |= estimator.Observe(TimeSpan.FromSeconds(100 + i / (double)framesPerSecond));

        Assert.Equal(changes, changed);
        Assert.Equal(changes ? framesPerSecond : 30, estimator.FramesPerSecond);
    }

    [Fact]
    public void A_time_without_pictures_is_not_taken_for_slow_ones()
    {
        var estimator = new FrameRateEstimator(30);
        bool changed = false;

        for (int i = 0; i < 130; i++)
            changed |= estimator.Observe(TimeSpan.FromSeconds(100 + (i < 40 ? 0 : 600) + i / 30.0));

        Assert.False(changed);
    }
}
