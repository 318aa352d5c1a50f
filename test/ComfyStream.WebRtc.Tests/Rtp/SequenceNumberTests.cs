using ComfyStream.WebRtc.Rtp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Rtp;

public sealed class SequenceNumberTests
{
    [Theory]
    [InlineData(10, 9, 10)]
    [InlineData(9, 10, 9)]
    [InlineData(0, 65535, 65536)]
    [InlineData(65535, 65536, 65535)]
    [InlineData(3, 0x2FFFE, 0x30003)]
    [InlineData(0xFFFE, 0x30003, 0x2FFFE)]
    [InlineData(65535, 0, -1)]
    public void A_number_is_extended_to_the_nearest(int value, long reference, long expected) =>
        Assert.Equal(expected, SequenceNumber.Extend((ushort)value, reference));

    [Fact]
    public void Many_wraps_with_reordering_count_on()
    {
        Random random = new(7);
        long reference = 40_000;
        for (int i = 0; i < 500_000; i++)
        {
            long actual = Math.Max(0, reference + random.Next(-50, 200));
            Assert.Equal(actual, SequenceNumber.Extend((ushort)actual, reference));
            reference = Math.Max(reference, actual);
        }

        Assert.True(reference > 10 * 65536);
    }

    [Theory]
    [InlineData(5u, 0xFFFFFFF0L, 0x1_0000_0005L)]
    [InlineData(0xFFFFFFF0u, 0x1_0000_0005L, 0xFFFFFFF0L)]
    public void A_timestamp_is_extended_over_its_wrap(uint value, long reference, long expected) =>
        Assert.Equal(expected, RtpTimestamp.Extend(value, reference));

    [Theory]
    [InlineData(0, 90000, 0)]
    [InlineData(10_000_000, 90000, 90000)]
    [InlineData(333_333, 90000, 3000)]
    [InlineData(200_000, 48000, 960)]
    [InlineData(-10_000_000, 90000, -90000)]
    [InlineData(-333_333, 90000, -3000)]
    [InlineData(55, 90000, 0)]
    [InlineData(56, 90000, 1)]
    public void Time_in_ticks_becomes_clock_units_rounded(long ticks, int clockRate, long expected) =>
        Assert.Equal(expected, RtpTimestamp.FromTime(TimeSpan.FromTicks(ticks), clockRate));

    [Fact]
    public void Years_of_uptime_do_not_overflow() =>
        Assert.Equal(3650L * 86400 * 90000 + 45000, RtpTimestamp.FromTime(TimeSpan.FromDays(3650) + TimeSpan.FromMilliseconds(500), 90000));
}
