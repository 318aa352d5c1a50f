using System.Net;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;

namespace ComfyStream.Transport.Tests;

public sealed class HandshakeQueueTests : IDisposable
{
    private readonly DtlsIdentity _identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
    private readonly HandshakeQueue _queue = new();
    private readonly List<PeerPair> _pairs = [];

    public void Dispose()
    {
        foreach (PeerPair pair in _pairs)
        {
            pair.Client.Dispose();
            pair.Server.Dispose();
        }

        _queue.Dispose();
        _identity.Dispose();
    }

    [Fact]
    public void Datagrams_come_out_in_their_order_with_their_peer_over_many_rounds()
    {
        PeerSlot[] slots = [MakeSlot(), MakeSlot(), MakeSlot()];
        int next = 0;
        for (int added = 0; added < 3 * HandshakeQueue.Capacity; added++)
        {
            Assert.True(_queue.TryAdd(slots[added % 3], PathOf(added), Loopback.Pattern(1 + (added % 1500), added)));
            if (added % 7 == 6)
                TakeAll();
        }

        TakeAll();
        Assert.Equal(3 * HandshakeQueue.Capacity, next);
        Assert.All(slots, slot => Assert.Equal(0, slot.HandshakesWaiting));

        void TakeAll()
        {
            for (; _queue.TryTake(out PeerSlot slot, out TransportPath path, out Span<byte> datagram); next++)
            {
                Assert.Same(slots[next % 3], slot);
                Assert.Equal(PathOf(next), path);
                Assert.Equal(Loopback.Pattern(1 + (next % 1500), next), datagram.ToArray());
            }
        }
    }

    [Fact]
    public void One_peer_cannot_take_the_room_of_the_others()
    {
        PeerSlot greedy = MakeSlot();
        for (int i = 0; i < HandshakeQueue.MostOfOnePeer; i++)
            Assert.True(_queue.TryAdd(greedy, default, [1]));

        Assert.False(_queue.TryAdd(greedy, default, [1]));
        Assert.True(_queue.TryAdd(MakeSlot(), default, [2]));
    }

    [Fact]
    public void A_full_queue_refuses_and_what_it_holds_stays()
    {
        const int Peers = HandshakeQueue.Capacity / HandshakeQueue.MostOfOnePeer;
        for (int i = 0; i < Peers; i++)
        {
            PeerSlot slot = MakeSlot();
            for (int k = 0; k < HandshakeQueue.MostOfOnePeer; k++)
                Assert.True(_queue.TryAdd(slot, default, [3]));
        }

        Assert.False(_queue.TryAdd(MakeSlot(), default, [4]));
        Assert.Equal(HandshakeQueue.Capacity, _queue.Count);
        Assert.True(_queue.TryTake(out _, out _, out Span<byte> first));
        Assert.Equal(3, first[0]);
    }

    private static TransportPath PathOf(int number) => new(default, TransportAddress.From(IPAddress.Loopback, (ushort)number));

    private PeerSlot MakeSlot()
    {
        var pair = new PeerPair(_identity, new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 2));
        _pairs.Add(pair);
        return new PeerSlot(pair.Server, new RecordingHandler());
    }
}
