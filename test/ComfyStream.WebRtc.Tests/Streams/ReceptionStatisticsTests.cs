using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Streams;
using Xunit;
using static ComfyStream.WebRtc.Tests.Streams.StreamSample;

namespace ComfyStream.WebRtc.Tests.Streams;

public sealed class ReceptionStatisticsTests
{
    [Fact]
    public void Jitter_follows_the_formula_of_the_rfc()
    {
        // 8 kHz: 20 ms are 160 units. Arrivals 0, 25, 40 ms: transits 0, 40, 0.
        ReceptionStatistics statistics = new(1, 8000);
        statistics.HandlePacket(Ms(0), 1, 0);
        Assert.Equal(0u, statistics.Jitter);

        // J += |40 - 0| - (0 + 8) / 16: 40 sixteenths.
        statistics.HandlePacket(Ms(25), 2, 160);
        Assert.Equal(40u / 16, statistics.Jitter);

        // J += |0 - 40| - (40 + 8) / 16: 40 + 40 - 3 = 77 sixteenths.
        statistics.HandlePacket(Ms(40), 3, 320);
        Assert.Equal(77u / 16, statistics.Jitter);
    }

    [Fact]
    public void Jitter_stays_zero_when_the_timestamp_wraps_in_step()
    {
        ReceptionStatistics statistics = new(1, 90000);
        for (int i = 0; i < 100; i++)
            statistics.HandlePacket(Ms(i * 10), i, unchecked(0xFFFFFF00 + (uint)(i * 900)));

        Assert.Equal(0u, statistics.Jitter);
    }

    [Theory]
    [InlineData(0x80000000)]
    [InlineData(0x7FFFFFFF)]
    [InlineData(0x80000001)]
    public void A_timestamp_may_jump_by_half_its_range(uint timestamp)
    {
        ReceptionStatistics statistics = new(1, 90000);
        statistics.HandlePacket(Ms(0), 1, 0);
        statistics.HandlePacket(Ms(0), 2, timestamp);

        // A sixteenth of it.
        Assert.InRange(statistics.Jitter, 0x7FFFFFFu, 0x8000000u);
    }

    [Fact]
    public void A_late_packet_does_not_count_as_jitter()
    {
        ReceptionStatistics statistics = new(1, 90000);
        statistics.HandlePacket(Ms(0), 1, 0);
        statistics.HandlePacket(Ms(20), 3, 1800);
        statistics.HandlePacket(Ms(300), 2, 900);
        statistics.HandlePacket(Ms(30), 4, 2700);

        Assert.Equal(0u, statistics.Jitter);
    }

    [Fact]
    public void Loss_is_reported_for_the_interval_and_in_total()
    {
        ReceptionStatistics statistics = new(7, 90000);
        for (int i = 100; i < 110; i++)
        {
            if (i is not (102 or 105 or 106))
                statistics.HandlePacket(Ms(i), i, 0);
        }

        // 3 of 10 lost: 3 * 256 / 10 = 76.
        ReportBlock first = statistics.TakeReportBlock(Ms(200));
        Assert.Equal(new ReportBlock(7, 76, 3, 109, first.Jitter, 0, 0), first);

        // One of the lost arrives late, nothing else is lost: 3 more expected, 4 received.
        statistics.HandlePacket(Ms(201), 105, 0);
        for (int i = 110; i < 113; i++)
            statistics.HandlePacket(Ms(i + 100), i, 0);
        ReportBlock second = statistics.TakeReportBlock(Ms(300));
        Assert.Equal((byte)0, second.FractionLost);
        Assert.Equal(2, second.CumulativeLost);
        Assert.Equal(112u, second.ExtendedHighestSequence);

        // No packets at all in between.
        Assert.Equal((byte)0, statistics.TakeReportBlock(Ms(400)).FractionLost);
    }

    [Fact]
    public void Duplicates_make_the_total_negative()
    {
        ReceptionStatistics statistics = new(7, 90000);
        statistics.HandlePacket(Ms(0), 1, 0);
        statistics.HandlePacket(Ms(0), 1, 0);
        statistics.HandlePacket(Ms(0), 1, 0);

        Assert.Equal(-2, statistics.TakeReportBlock(Ms(1)).CumulativeLost);
    }

    [Fact]
    public void The_highest_sequence_counts_cycles()
    {
        ReceptionStatistics statistics = new(7, 90000);
        statistics.HandlePacket(Ms(0), 65535, 0);
        statistics.HandlePacket(Ms(0), 65536 + 3, 0);

        Assert.Equal(0x00010003u, statistics.TakeReportBlock(Ms(1)).ExtendedHighestSequence);
    }

    [Fact]
    public void The_last_sender_report_and_the_delay_since_are_told()
    {
        ReceptionStatistics statistics = new(7, 90000);
        statistics.HandlePacket(Ms(0), 1, 0);
        // RFC 3550 figure 2: NTP b44db705:20000000 is LSR b705:2000; 5.25 s are 0005:4000.
        statistics.HandleSenderReport(Ms(1000), new SenderReport(7, 0xB44DB705_20000000, 0, 0, 0));

        ReportBlock block = statistics.TakeReportBlock(Ms(6250));
        Assert.Equal(0xB7052000, block.LastSenderReport);
        Assert.Equal(0x00054000u, block.DelaySinceLastSenderReport);
    }
}
