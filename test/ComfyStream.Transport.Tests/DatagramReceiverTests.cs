using System.Net;
using System.Net.Sockets;

namespace ComfyStream.Transport.Tests;

public abstract class DatagramReceiverTests : IDisposable
{
    private readonly UdpSocket _socket;
    private readonly DatagramReceiver _receiver;
    private readonly Socket _peer = Loopback.OpenPeer();
    private readonly IPEndPoint _target;

    private DatagramReceiverTests(SocketMode mode)
    {
        _socket = UdpSocket.Open(new IPEndPoint(IPAddress.IPv6Any, 0), mode);
        _receiver = new DatagramReceiver(_socket);
        _target = new IPEndPoint(IPAddress.Loopback, _socket.LocalEndPoint.Port);
    }

    public void Dispose()
    {
        _peer.Dispose();
        _receiver.Dispose();
        _socket.Dispose();
    }

    [Fact]
    public void Nothing_waiting_gives_an_empty_batch() => Assert.Equal(0, _receiver.Receive());

    [Fact]
    public void Datagrams_come_whole_and_in_order_over_several_batches()
    {
        List<byte[]> sent = [.. Enumerable.Range(1, 100).Select(i => Loopback.Pattern(i * 14, i))];
        foreach (byte[] datagram in sent)
            _peer.SendTo(datagram, _target);

        List<byte[]> received = [];
        Loopback.ReceiveAll(_receiver, sent.Count, (datagram, _) => received.Add(datagram));

        Assert.Equal(sent, received);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2048, 2048)]
    [InlineData(2049, 0)]
    [InlineData(60000, 0)]
    public void T4_An_empty_or_truncated_datagram_is_given_as_empty(int sentBytes, int receivedBytes)
    {
        _peer.SendTo(new byte[sentBytes], _target);
        _peer.SendTo("next"u8, _target);

        List<byte[]> received = [];
        Loopback.ReceiveAll(_receiver, 2, (datagram, _) => received.Add(datagram));

        Assert.Equal(receivedBytes, received[0].Length);
        Assert.Equal("next"u8.ToArray(), received[1]);
    }

    [Fact]
    public void T3_A_port_unreachable_answer_of_the_network_does_not_stop_receiving()
    {
        using var sender = new DatagramSender(_socket);
        using var view = new Socket(new SafeSocketHandle(_socket.Descriptor, ownsHandle: false));
        const int SolIp = 0, IpRecvErr = 11;
        view.SetRawSocketOption(SolIp, IpRecvErr, BitConverter.GetBytes(1));
        Socket gone = Loopback.OpenPeer();
        WebRtc.TransportPath toNobody = Loopback.PathTo(gone);
        gone.Dispose();

        for (int round = 0; round < 3; round++)
        {
            // Each leaves the error of an ICMP answer on the socket.
            sender.GetBuffer()[0] = 1;
            sender.Enqueue(new WebRtc.Transmit(toNobody, 1, 1));
            sender.Flush();
            _peer.SendTo("alive"u8, _target);
            Loopback.ReceiveAll(_receiver, 1, (datagram, _) => Assert.Equal("alive"u8.ToArray(), datagram));
        }

        sender.GetBuffer()[0] = 1;
        sender.Enqueue(new WebRtc.Transmit(toNobody, 1, 1));
        sender.Enqueue(new WebRtc.Transmit(Loopback.PathTo(_peer), 1, 1));
        Assert.True(sender.Flush());
        sender.Enqueue(new WebRtc.Transmit(Loopback.PathTo(_peer), 1, 1));
        Assert.True(sender.Flush());
        Assert.Single(Loopback.Receive(_peer));
        Assert.Single(Loopback.Receive(_peer));
        Assert.Equal(0, sender.Failures);
    }

    [Fact]
    public void Receiving_allocates_nothing()
    {
        byte[] datagram = new byte[1200];
        long allocated = 0;
        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < 50; i++)
                _peer.SendTo(datagram, _target);
            long before = GC.GetAllocatedBytesForCurrentThread();
            int left = 50;
            while (left > 0)
            {
                int count = _receiver.Receive();
                for (int i = 0; i < count; i++)
                    left -= _receiver.GetDatagrams(i, out _, out _).Length / 1200;
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    public sealed class Segmented() : DatagramReceiverTests(SocketMode.Segmented)
    {
        [Fact]
        public void Datagrams_that_were_sent_as_one_come_as_one_message_and_tell_their_size_and_path()
        {
            Assert.True(_socket.CoalescesReceived, "This kernel does not coalesce (Linux 5.0 does).");
            using UdpSocket socket = UdpSocket.Open(new IPEndPoint(IPAddress.Loopback, 0));
            using var sender = new DatagramSender(socket);
            byte[] run = Loopback.Pattern((20 * 1200) + 300, 7);
            run.CopyTo(sender.GetBuffer());
            var path = new WebRtc.TransportPath(WebRtc.TransportAddress.From(socket.LocalEndPoint), WebRtc.TransportAddress.From(_target));
            sender.Enqueue(new WebRtc.Transmit(path, run.Length, 1200));
            Assert.True(sender.Flush());

            int count = 0;
            Assert.True(SpinWait.SpinUntil(() => (count = _receiver.Receive()) > 0, TimeSpan.FromSeconds(5)));
            Assert.Equal(1, count);
            Span<byte> datagrams = _receiver.GetDatagrams(0, out WebRtc.TransportPath received, out int datagramBytes);
            Assert.Equal(run, datagrams.ToArray());
            Assert.Equal(1200, datagramBytes);
            Assert.Equal(new WebRtc.TransportPath(path.Remote, path.Local), received);
        }
    }

    public sealed class Batched() : DatagramReceiverTests(SocketMode.Batched);

    public sealed class Plain() : DatagramReceiverTests(SocketMode.Plain);
}
