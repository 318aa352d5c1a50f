using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Streams;
using Xunit;
using static ComfyStream.WebRtc.Tests.Streams.StreamSample;

namespace ComfyStream.WebRtc.Tests.Streams;

public sealed class NackGeneratorTests
{
    private readonly NackGenerator _nack = new();

    [Fact]
    public void Packets_in_order_ask_for_nothing()
    {
        for (int i = 65530; i < 65550; i++)
            Assert.True(_nack.HandlePacket(Ms(i), i));

        Assert.Equal(TimeSpan.MaxValue, _nack.NextDeadline);
        Assert.Empty(Due(Ms(99999)));
    }

    [Fact]
    public void A_gap_is_asked_for_after_a_time_that_reordering_may_take()
    {
        Receive(0, 10, 12);

        Assert.Equal(Ms(15), _nack.NextDeadline);
        Assert.Empty(Due(Ms(14.9)));
        Assert.Equal([new NackItem(11, 0)], Due(Ms(15)));
        Assert.Equal(Ms(55), _nack.NextDeadline);
    }

    [Fact]
    public void A_gap_is_asked_for_at_once_after_three_newer_packets()
    {
        Receive(0, 10, 12, 13);
        Assert.Empty(Due(Ms(1)));

        Receive(1, 14);
        Assert.True(_nack.NextDeadline <= Ms(1));
        Assert.Equal([new NackItem(11, 0)], Due(Ms(1)));
    }

    [Fact]
    public void A_packet_that_was_only_out_of_order_is_not_asked_for()
    {
        Receive(0, 10, 12, 11);

        Assert.Equal(TimeSpan.MaxValue, _nack.NextDeadline);
        Assert.Empty(Due(Ms(1000)));
    }

    [Fact]
    public void Missing_packets_are_put_together_over_the_wrap()
    {
        Receive(0, 65533, 65550, 65552, 65560);

        // 65534 and the 16 after it; 65551 begins the next entry.
        Assert.Equal([new NackItem(65534, 0x7FFF), new NackItem(15, 0x00FE)], Due(Ms(15)));
    }

    [Fact]
    public void What_finds_no_room_stays_due()
    {
        Receive(0, 0, 200);
        NackItem[] items = new NackItem[2];

        Assert.Equal(2, _nack.TakeDue(Ms(15), items));
        Assert.Equal(new NackItem(1, 0xFFFF), items[0]);
        Assert.Equal(new NackItem(18, 0xFFFF), items[1]);
        Assert.Equal(Ms(15), _nack.NextDeadline);
        Assert.Equal(1, _nack.TakeDue(Ms(15), items.AsSpan(0, 1)));
        Assert.Equal(35, items[0].PacketId);
    }

    [Fact]
    public void Requests_are_repeated_ten_times_at_most()
    {
        Receive(0, 10, 12);
        int requests = 0;
        TimeSpan last = default;
        while (_nack.NextDeadline < TimeSpan.MaxValue)
        {
            last = _nack.NextDeadline;
            requests += Due(last).Length;
        }

        Assert.Equal(NackGenerator.MaxTries, requests);
        Assert.True(last <= NackGenerator.MaxAge);
    }

    [Fact]
    public void An_old_packet_is_not_asked_for_any_more()
    {
        Receive(0, 10, 12);

        Assert.Empty(Due(Ms(701)));
        Assert.Equal(0, _nack.MissingCount);
    }

    [Fact]
    public void Too_much_missing_is_given_up_at_once()
    {
        Receive(0, 0, 201);
        Assert.Equal(200, _nack.MissingCount);

        Assert.False(_nack.HandlePacket(Ms(1), 252 + 1));
        Assert.Equal(0, _nack.MissingCount);
        Assert.True(_nack.HandlePacket(Ms(2), 255));
        Assert.Equal([new NackItem(254, 0)], Due(Ms(20)));
    }

    [Fact]
    public void What_nobody_waits_for_is_not_asked_for()
    {
        Receive(0, 10, 12, 14);
        _nack.DropBefore(12);

        Assert.Equal([new NackItem(13, 0)], Due(Ms(15)));
    }

    private void Receive(double milliseconds, params int[] sequences)
    {
        foreach (int sequence in sequences)
            Assert.True(_nack.HandlePacket(Ms(milliseconds), sequence));
    }

    private NackItem[] Due(TimeSpan now)
    {
        NackItem[] items = new NackItem[32];
        return items[.._nack.TakeDue(now, items)];
    }
}
