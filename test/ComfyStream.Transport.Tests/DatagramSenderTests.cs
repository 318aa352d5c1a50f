using System.Net;
using System.Net.Sockets;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport.Tests;

public sealed class DatagramSenderTests : IDisposable
{
    private readonly Socket _peer = Loopback.OpenPeer();
    private UdpSocket? _socket;

    public void Dispose()
    {
        _peer.Dispose();
        _socket?.Dispose();
    }

    [Theory]
    [MemberData(nameof(SocketModes.All), MemberType = typeof(SocketModes))]
    public void A_segmented_transmit_arrives_as_datagrams_of_the_segment_size_and_a_shorter_last_one(SocketMode mode)
    {
        using var sender = Open(mode);
        byte[] data = Loopback.Pattern(3500);

        Enqueue(sender, data, 1000);
        Assert.True(sender.Flush());

        Assert.Equal(data.Chunk(1000), [.. Enumerable.Range(0, 4).Select(_ => Loopback.Receive(_peer))]);
        Assert.Equal(4, sender.DatagramsSent);
        Assert.Equal(3500, sender.BytesSent);
        Assert.Equal(0, sender.Failures);
    }

    [Theory]
    [MemberData(nameof(SocketModes.All), MemberType = typeof(SocketModes))]
    public void A_transmit_of_more_segments_than_the_kernel_takes_at_once_arrives_whole(SocketMode mode)
    {
        using var sender = Open(mode);
        byte[] data = Loopback.Pattern(65536);

        Enqueue(sender, data, 150);
        Assert.True(sender.Flush());

        Assert.Equal(data.Chunk(150), [.. Enumerable.Range(0, 437).Select(_ => Loopback.Receive(_peer))]);
    }

    [Theory]
    [MemberData(nameof(SocketModes.All), MemberType = typeof(SocketModes))]
    public void More_than_the_arena_holds_is_sent_in_several_batches(SocketMode mode)
    {
        using var sender = Open(mode);
        byte[] data = Loopback.Pattern(1200);
        int received = 0;
        for (int i = 0; i < 1000; i++)
        {
            data[0] = (byte)i;
            Enqueue(sender, data, 1200);
            while (_peer.Available > 0)
                Assert.Equal((byte)received++, Loopback.Receive(_peer)[0]);
        }

        Assert.True(sender.Flush());
        while (received < 1000)
            Assert.Equal((byte)received++, Loopback.Receive(_peer)[0]);
        Assert.False(sender.HasPending);
    }

    [Fact]
    public void A_destination_that_the_kernel_refuses_is_counted_and_does_not_hold_up_the_others()
    {
        using var sender = Open(SocketMode.Segmented);
        TransportPath ipv6 = new(default, TransportAddress.From(IPAddress.IPv6Loopback, 9));
        TransportPath notOurs = Loopback.PathTo(_peer) with { Local = TransportAddress.From(IPAddress.Parse("198.51.100.7"), 9) };

        Enqueue(sender, [1], 1, ipv6);
        Enqueue(sender, [2], 1);
        Enqueue(sender, new byte[2000], 1000, notOurs);
        Enqueue(sender, [3], 1);
        Assert.True(sender.Flush());

        Assert.Equal([2], Loopback.Receive(_peer));
        Assert.Equal([3], Loopback.Receive(_peer));
        Assert.Equal(3, sender.Failures);
    }

    [Fact]
    public void Segments_too_long_for_the_path_in_one_send_pass_one_by_one()
    {
        // The loopback device takes 64 KiB, so what the kernel refuses here is a segment size beyond the whole of its limit.
        using var sender = Open(SocketMode.Segmented);
        byte[] data = Loopback.Pattern(65536);

        Enqueue(sender, data, 40000);
        Assert.True(sender.Flush());

        Assert.Equal(data.Chunk(40000), [Loopback.Receive(_peer), Loopback.Receive(_peer)]);
    }

    [Theory]
    [MemberData(nameof(SocketModes.All), MemberType = typeof(SocketModes))]
    public void Sending_allocates_nothing(SocketMode mode)
    {
        using var sender = Open(mode);
        byte[] buffer = new byte[2000];
        long allocated = 0;
        var transmit = new Transmit(Loopback.PathTo(_peer), 8400, 1200);
        for (int round = 0; round < 50; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 5; i++)
            {
                sender.GetBuffer()[0] = 1;
                sender.Enqueue(transmit);
            }

            sender.Flush();
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            for (int i = 0; i < 35; i++)
                _peer.Receive(buffer);
        }

        Assert.Equal(0, allocated);
        Assert.Equal(50 * 35, sender.DatagramsSent);
    }

    private DatagramSender Open(SocketMode mode)
    {
        _socket = UdpSocket.Open(new IPEndPoint(IPAddress.Any, 0), mode);
        return new DatagramSender(_socket);
    }

    private void Enqueue(DatagramSender sender, byte[] data, int segmentSize, TransportPath? path = null)
    {
        data.CopyTo(sender.GetBuffer());
        sender.Enqueue(new Transmit(path ?? Loopback.PathTo(_peer), data.Length, segmentSize));
    }
}
