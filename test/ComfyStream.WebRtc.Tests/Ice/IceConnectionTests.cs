using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Stun;
using Xunit;
using static ComfyStream.WebRtc.Tests.Ice.IceTestPeer;

namespace ComfyStream.WebRtc.Tests.Ice;

/// <summary>A lite and a controlling agent of ours on an emulated network, in virtual time.</summary>
public sealed class IceConnectionTests
{
    private static readonly TransportAddress s_server = Address(1, 8890);
    private static readonly TransportAddress s_client = Address(2, 5000);

    [Fact]
    public void On_a_good_network_both_select_the_same_path_after_two_round_trips()
    {
        var network = new Network(seed: 1, lossPercent: 0);
        TimeSpan took = network.Connect();

        Assert.Equal(Network.Delay * 4, took);
        Assert.True(network.Lite.TryGetSelectedPath(out TransportPath lite));
        Assert.True(network.Full.TryGetSelectedPath(out TransportPath full));
        Assert.Equal(new TransportPath(s_server, s_client), lite);
        Assert.Equal(new TransportPath(s_client, s_server), full);
    }

    [Fact]
    public void With_three_datagrams_of_ten_lost_they_connect_nevertheless()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var network = new Network(seed, lossPercent: 30);
            network.Connect();
            Assert.True(network.Lite.TryGetSelectedPath(out _) && network.Full.TryGetSelectedPath(out _), $"seed {seed}");
        }
    }

    [Fact]
    public void With_all_lost_the_controlling_side_fails()
    {
        var network = new Network(seed: 1, lossPercent: 100);
        network.Connect();

        Assert.True(network.Full.HasFailed);
        Assert.False(network.Lite.TryGetValidatedPath(out _));
    }

    [Fact]
    public void After_connecting_the_lite_side_hears_of_the_peer_in_every_consent_interval()
    {
        var network = new Network(seed: 1, lossPercent: 0);
        network.Connect();
        List<TimeSpan> heard = network.RunFor(TimeSpan.FromMinutes(5));

        Assert.InRange(heard.Count, 50, 75);
        Assert.All(heard.Zip(heard.Skip(1), (from, to) => to - from), gap => Assert.InRange(gap.TotalSeconds, 4, 6));
        Assert.Equal(0, network.Lite.RejectedMessageCount + network.Full.RejectedMessageCount);
    }

    [Fact]
    public void Dead_candidates_do_not_keep_the_live_one_from_being_selected()
    {
        var network = new Network(seed: 1, lossPercent: 0, Address(99, 1), Address(98, 1), s_server);
        network.Connect();

        Assert.True(network.Full.TryGetSelectedPath(out TransportPath selected));
        Assert.Equal(s_server, selected.Remote);
    }

    /// <summary>Delivers after a fixed delay, or loses, each datagram between the two; others lead nowhere.</summary>
    private sealed class Network
    {
        public static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(15);

        private readonly PriorityQueue<(TransportPath Path, byte[] Bytes), TimeSpan> _inFlight = new();
        private readonly List<TimeSpan> _liteHeard = [];
        private readonly Random _random;
        private readonly int _lossPercent;
        private TimeSpan _now = TimeSpan.FromHours(3);

        public Network(int seed, int lossPercent, params TransportAddress[] candidates)
        {
            _random = new Random(seed);
            _lossPercent = lossPercent;
            if (candidates.Length == 0)
                candidates = [s_server];
            Lite = new IceAgent(IceRole.LiteControlled, Ours, Theirs, [], 1);
            Full = new IceAgent(
                IceRole.FullControlling, Theirs, Ours, [.. candidates.Select(address => new IceCandidate("1", false, 9, address))], (ulong)seed);
            Full.AddLocalAddress(s_client);
        }

        public IceAgent Lite { get; }

        public IceAgent Full { get; }

        public TimeSpan Connect()
        {
            TimeSpan start = _now;
            while (!Full.TryGetSelectedPath(out _) && !Full.HasFailed)
                Step();
            return _now - start;
        }

        public List<TimeSpan> RunFor(TimeSpan duration)
        {
            _liteHeard.Clear();
            TimeSpan end = _now + duration;
            while (_now < end)
                Step();
            return _liteHeard;
        }

        private void Step()
        {
            TimeSpan next = Full.NextDeadline;
            if (_inFlight.TryPeek(out _, out TimeSpan arrival) && arrival <= next)
            {
                _now = arrival;
                (TransportPath path, byte[] bytes) = _inFlight.Dequeue();
                Deliver(path, bytes);
            }
            else
            {
                _now = next > _now ? next : _now;
                Full.HandleDeadline(_now);
            }

            Collect(Lite);
            Collect(Full);
        }

        private void Deliver(TransportPath sentOn, byte[] bytes)
        {
            var receivedOn = new TransportPath(sentOn.Remote, sentOn.Local);
            if (sentOn.Remote == s_client)
                Full.HandleStun(_now, receivedOn, bytes);
            else if (sentOn.Remote == s_server && Lite.HandleStun(_now, receivedOn, bytes))
                _liteHeard.Add(_now);
        }

        private void Collect(IceAgent agent)
        {
            foreach ((Transmit transmit, byte[] bytes) in agent.TakeAll())
            {
                if (_random.Next(100) >= _lossPercent)
                    _inFlight.Enqueue((transmit.Path, bytes), _now + Delay);
            }
        }
    }
}
