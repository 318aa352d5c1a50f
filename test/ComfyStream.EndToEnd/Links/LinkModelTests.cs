namespace ComfyStream.EndToEnd.Links;

/// <summary>What the model of a link does to packets, in virtual time.</summary>
public sealed class LinkModelTests
{
    private const int PacketBytes = 1250;
    private static readonly TimeSpan _spacing = TimeSpan.FromMilliseconds(1);

    [Fact]
    public void A_clear_link_delivers_every_packet_at_once()
    {
        var model = new LinkModel(LinkConditions.Clear, seed: 1);
        List<(TimeSpan Sent, LinkDecision Decision)> decisions = Send(model, 1000);
        Assert.All(decisions, packet => Assert.Equal(new LinkDecision(packet.Sent, null), packet.Decision));
        Assert.Equal(new LinkCounters { Sent = 1000 }, model.Counters);
    }

    [Fact]
    public void The_share_that_is_lost_is_the_one_asked_for()
    {
        var model = new LinkModel(new LinkConditions { Loss = 0.05 }, seed: 2);
        List<(TimeSpan Sent, LinkDecision Decision)> decisions = Send(model, 20_000);
        int lost = decisions.Count(packet => packet.Decision.Arrival is null);
        Assert.InRange(lost, 900, 1100);
        Assert.Equal(lost, model.Counters.Lost);
    }

    [Fact]
    public void A_seed_repeats_its_decisions_and_another_does_not()
    {
        var conditions = new LinkConditions { Loss = 0.1, Delay = TimeSpan.FromMilliseconds(50), Jitter = TimeSpan.FromMilliseconds(20), Duplication = 0.1 };
        List<(TimeSpan, LinkDecision)> first = Send(new LinkModel(conditions, seed: 3), 500);
        Assert.Equal(first, Send(new LinkModel(conditions, seed: 3), 500));
        Assert.NotEqual(first, Send(new LinkModel(conditions, seed: 4), 500));
    }

    [Fact]
    public void Jitter_stays_within_its_bounds_and_reorders()
    {
        var delay = TimeSpan.FromMilliseconds(100);
        var jitter = TimeSpan.FromMilliseconds(30);
        var model = new LinkModel(new LinkConditions { Delay = delay, Jitter = jitter }, seed: 5);
        List<(TimeSpan Sent, LinkDecision Decision)> decisions = Send(model, 2000);
        TimeSpan[] times = [.. decisions.Select(packet => packet.Decision.Arrival!.Value - packet.Sent)];
        Assert.InRange(times.Min(), delay - jitter, delay - jitter * 0.9);
        Assert.InRange(times.Max(), delay + jitter * 0.9, delay + jitter);

        TimeSpan latest = TimeSpan.MinValue;
        int reordered = 0;
        foreach (TimeSpan arrival in decisions.Select(packet => packet.Decision.Arrival!.Value))
        {
            reordered += arrival < latest ? 1 : 0;
            latest = arrival > latest ? arrival : latest;
        }

        Assert.True(reordered > 1000, $"only {reordered} were reordered");
        Assert.Equal(reordered, model.Counters.Reordered);
    }

    [Fact]
    public void A_link_that_keeps_order_delivers_in_order_and_still_varies()
    {
        var model = new LinkModel(
            new LinkConditions { Delay = TimeSpan.FromMilliseconds(100), Jitter = TimeSpan.FromMilliseconds(30), KeepsOrder = true }, seed: 6);
        TimeSpan[] arrivals = [.. Send(model, 2000).Select(packet => packet.Decision.Arrival!.Value)];
        Assert.Equal(arrivals.Order(), arrivals);
        Assert.Equal(0, model.Counters.Reordered);
        Assert.True(arrivals.Zip(arrivals.Skip(1), (one, next) => next - one).Distinct().Count() > 10);
    }

    [Fact]
    public void Nothing_that_is_sent_in_an_outage_arrives_and_what_is_under_way_does()
    {
        var delay = TimeSpan.FromMilliseconds(100);
        var model = new LinkModel(new LinkConditions { Delay = delay }, seed: 7);
        Assert.Equal(delay, model.Send(TimeSpan.Zero, PacketBytes).Arrival);
        model.BeginOutage(until: TimeSpan.FromSeconds(3));
        Assert.Null(model.Send(TimeSpan.FromMilliseconds(1), PacketBytes).Arrival);
        Assert.Null(model.Send(TimeSpan.FromMilliseconds(2999), PacketBytes).Arrival);
        Assert.Equal(TimeSpan.FromMilliseconds(3100), model.Send(TimeSpan.FromSeconds(3), PacketBytes).Arrival);
        Assert.Equal(new LinkCounters { Sent = 4, LostInOutage = 2 }, model.Counters);
    }

    [Fact]
    public void A_duplicate_comes_in_a_time_of_its_own()
    {
        var model = new LinkModel(new LinkConditions { Duplication = 0.5, Delay = TimeSpan.FromMilliseconds(100), Jitter = TimeSpan.FromMilliseconds(30) }, seed: 8);
        LinkDecision[] duplicated = [.. Send(model, 1000).Select(packet => packet.Decision).Where(decision => decision.Duplicate is not null)];
        Assert.InRange(duplicated.Length, 430, 570);
        Assert.Equal(duplicated.Length, model.Counters.Duplicated);
        Assert.Contains(duplicated, decision => decision.Duplicate != decision.Arrival);
    }

    [Fact]
    public void A_rate_spaces_packets_and_its_full_queue_drops_them()
    {
        // 1250 bytes at 1 Mbit/s take 10 ms; 4 of them fill the queue.
        var model = new LinkModel(new LinkConditions { BitsPerSecond = 1_000_000, QueueBytes = 4 * PacketBytes }, seed: 9);
        TimeSpan?[] arrivals = [.. Enumerable.Range(0, 6).Select(_ => model.Send(TimeSpan.Zero, PacketBytes).Arrival)];
        Assert.Equal([10, 20, 30, 40, null, null], arrivals.Select(arrival => arrival?.TotalMilliseconds));
        Assert.Equal(TimeSpan.FromMilliseconds(50), model.Send(TimeSpan.FromMilliseconds(10), PacketBytes).Arrival);
        Assert.Equal(TimeSpan.FromMilliseconds(210), model.Send(TimeSpan.FromMilliseconds(200), PacketBytes).Arrival);
        Assert.Equal(2, model.Counters.Overflowed);
    }

    [Fact]
    public void Packets_under_way_come_by_arrival_then_by_age_and_no_more_than_fit()
    {
        var packets = new PacketsUnderWay(capacity: 3);
        Assert.True(packets.TryAdd(TimeSpan.FromMilliseconds(20), [1]));
        Assert.True(packets.TryAdd(TimeSpan.FromMilliseconds(10), [2]));
        Assert.True(packets.TryAdd(TimeSpan.FromMilliseconds(20), [3]));
        Assert.False(packets.TryAdd(TimeSpan.FromMilliseconds(1), [4]));

        byte[] packet = new byte[8];
        Assert.False(packets.TryTake(TimeSpan.FromMilliseconds(9), packet, out _));
        Assert.True(packets.TryTake(TimeSpan.FromMilliseconds(10), packet, out int byteCount));
        Assert.Equal((2, 1), (packet[0], byteCount));
        Assert.False(packets.TryTake(TimeSpan.FromMilliseconds(19), packet, out _));
        Assert.Equal(TimeSpan.FromMilliseconds(20), packets.NextArrival);
        Assert.True(packets.TryTake(TimeSpan.FromMilliseconds(20), packet, out _));
        Assert.Equal(1, packet[0]);
        Assert.True(packets.TryTake(TimeSpan.FromMilliseconds(20), packet, out _));
        Assert.Equal(3, packet[0]);
        Assert.Null(packets.NextArrival);
    }

    private static List<(TimeSpan Sent, LinkDecision Decision)> Send(LinkModel model, int count) =>
        [.. Enumerable.Range(0, count).Select(i => (i * _spacing, model.Send(i * _spacing, PacketBytes)))];
}
