using ComfyStream.Media;
using ComfyStream.Streaming.Streams;

namespace ComfyStream.Streaming.Tests.Streams;

public sealed class AudioDelayLineTests
{
    private readonly EncodedFramePool _pool = new();
    private readonly AudioDelayLine _line = new();

    [Fact]
    public void Sound_passes_at_once_while_the_picture_takes_no_time()
    {
        _line.Add(Packet(arrivalMilliseconds: 100));

        Assert.True(_line.TryTake(TimeSpan.FromMilliseconds(100), out EncodedFrame? packet));
        packet!.Release();
    }

    [Fact]
    public void Sound_is_held_back_by_the_latency_of_the_picture()
    {
        _line.SetLatency(TimeSpan.FromMilliseconds(60));
        _line.Add(Packet(arrivalMilliseconds: 100));

        Assert.False(_line.TryTake(TimeSpan.FromMilliseconds(159), out _));
        Assert.True(_line.TryTake(TimeSpan.FromMilliseconds(160), out EncodedFrame? packet));
        packet!.Release();
    }

    [Fact]
    public void Small_changes_of_latency_are_not_followed()
    {
        _line.SetLatency(TimeSpan.FromMilliseconds(60));
        _line.SetLatency(TimeSpan.FromMilliseconds(75));
        _line.Add(Packet(arrivalMilliseconds: 100));

        Assert.True(_line.TryTake(TimeSpan.FromMilliseconds(160), out EncodedFrame? packet));
        packet!.Release();
    }

    [Fact]
    public void Sound_is_never_held_longer_than_half_a_second()
    {
        _line.SetLatency(TimeSpan.FromSeconds(9));
        _line.Add(Packet(arrivalMilliseconds: 100));

        Assert.True(_line.TryTake(TimeSpan.FromMilliseconds(600), out EncodedFrame? packet));
        packet!.Release();
    }

    [Fact]
    public void A_full_line_lets_the_oldest_go()
    {
        _line.SetLatency(TimeSpan.FromMilliseconds(500));
        for (int i = 0; i < 256; i++)
            _line.Add(Packet(arrivalMilliseconds: i));

        Assert.True(_line.TryTake(TimeSpan.Zero, out EncodedFrame? packet));
        packet!.Release();
        Assert.False(_line.TryTake(TimeSpan.Zero, out _));
        _line.Clear();
        Assert.Equal(0, _pool.RentedCount);
    }

    [Fact]
    public void The_shortest_packets_are_held_as_long_as_others()
    {
        _line.SetLatency(TimeSpan.FromMilliseconds(500));
        for (int i = 0; i < 200; i++)
        {
            _line.Add(Packet(arrivalMilliseconds: 2.5 * i));
            Assert.False(_line.TryTake(TimeSpan.FromMilliseconds(2.5 * i), out _));
        }

        _line.Clear();
    }

    [Fact]
    public void Sound_goes_on_at_the_same_delay_when_the_picture_stops()
    {
        _line.SetLatency(TimeSpan.FromMilliseconds(60));
        for (int i = 0; i < 100; i++)
        {
            _line.Add(Packet(arrivalMilliseconds: 20 * i));
            int given = Take(now: 20 * i).Count;
            Assert.Equal(i < 3 ? 0 : 1, given);
        }

        _line.Clear();
    }

    [Fact]
    public void A_change_of_the_delay_neither_reorders_sound_nor_loses_any()
    {
        var random = new Random(3);
        List<double> given = [];
        for (int i = 0; i < 1000; i++)
        {
            _line.SetLatency(TimeSpan.FromMilliseconds(random.Next(700)));
            _line.Add(Packet(arrivalMilliseconds: 20 * i));
            given.AddRange(Take(now: 20 * i));
        }

        given.AddRange(Take(now: 20 * 1000 + 500));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => 20.0 * i), given);
        Assert.Equal(0, _pool.RentedCount);
    }

    private List<double> Take(double now)
    {
        List<double> arrivals = [];
        while (_line.TryTake(TimeSpan.FromMilliseconds(now), out EncodedFrame? packet))
        {
            arrivals.Add(packet!.LastArrival.TotalMilliseconds);
            packet.Release();
        }

        return arrivals;
    }

    private EncodedFrame Packet(double arrivalMilliseconds)
    {
        EncodedFrame packet = _pool.Rent(10);
        packet.LastArrival = TimeSpan.FromMilliseconds(arrivalMilliseconds);
        return packet;
    }
}
