using ComfyStream.Streaming.Streams;

namespace ComfyStream.Streaming.Tests.Streams;

public sealed class LatencyPercentileTests
{
    private readonly LatencyPercentile _latency = new();

    [Fact]
    public void It_settles_where_one_picture_in_twenty_takes_longer()
    {
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
            Record(random.Next(200));

        Assert.InRange(_latency.Value.TotalMilliseconds, 180, 200);
    }

    [Fact]
    public void One_picture_that_took_seconds_is_not_heard()
    {
        for (int i = 0; i < 1000; i++)
            Record(40);
        TimeSpan before = _latency.Value;
        Record(5000);

        Assert.InRange((_latency.Value - before).TotalMilliseconds, 0, 5);
    }

    [Fact]
    public void It_follows_a_workflow_that_became_slower_within_seconds()
    {
        for (int i = 0; i < 90; i++)
            Record(200);

        Assert.InRange(_latency.Value.TotalMilliseconds, 196, 204);
    }

    [Fact]
    public void It_is_never_less_than_nothing()
    {
        for (int i = 0; i < 100; i++)
            Record(0);

        Assert.Equal(TimeSpan.Zero, _latency.Value);
    }

    private void Record(double milliseconds) => _latency.Record(TimeSpan.FromMilliseconds(milliseconds));
}
