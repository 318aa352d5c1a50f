using ComfyStream.Streaming.Streams;

namespace ComfyStream.Streaming.Tests.Streams;

public sealed class PictureCadenceTests
{
    private static readonly TimeSpan _wait = TimeSpan.FromMilliseconds(4);
    private PictureCadence _cadence;

    [Fact]
    public void Nothing_is_expected_before_two_pictures_have_come()
    {
        Assert.False(_cadence.ExpectsWithin(Ms(0), _wait));
        _cadence.Note(Ms(1000));
        Assert.False(_cadence.ExpectsWithin(Ms(1000), _wait));
        Assert.False(_cadence.ExpectsWithin(Ms(1033), _wait));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(28, false)]
    [InlineData(30, true)]
    [InlineData(36, true)]
    [InlineData(38, false)]
    [InlineData(1000, false)]
    public void The_next_picture_is_expected_an_interval_after_the_last(int msAfterTheLast, bool isExpected)
    {
        for (int i = 0; i < 30; i++)
            _cadence.Note(Ms(1000 + (33 * i)));

        Assert.Equal(isExpected, _cadence.ExpectsWithin(Ms(1000 + (33 * 29) + msAfterTheLast), _wait));
    }

    [Fact]
    public void Pictures_that_jitter_have_the_cadence_of_their_average()
    {
        for (int i = 0; i < 60; i++)
            _cadence.Note(Ms(1000 + (33 * i) + (i % 2 * 3)));

        Assert.True(_cadence.ExpectsWithin(Ms(1000 + (33 * 60)), _wait));
    }

    [Fact]
    public void A_pause_ends_the_cadence()
    {
        for (int i = 0; i < 30; i++)
            _cadence.Note(Ms(1000 + (33 * i)));
        _cadence.Note(Ms(9000));

        Assert.False(_cadence.ExpectsWithin(Ms(9033), _wait));
    }

    private static TimeSpan Ms(int count) => TimeSpan.FromMilliseconds(count);
}
