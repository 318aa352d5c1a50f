using System.Net;
using System.Net.Sockets;
using ComfyStream.Transport.Tcp;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;

namespace ComfyStream.Transport.Tests.Tcp;

/// <summary>Connections without their loop's thread, so that the test says what time it is.</summary>
public sealed class TcpConnectionsTests : IDisposable
{
    private readonly DtlsIdentity _identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
    private readonly UdpSocket _socket = UdpSocket.Open(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly DatagramSender _sender;
    private readonly TcpConnections _connections = new();
    private readonly LoopPeers _peers;
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8 << 10 };
    private readonly PeerPair _pair;
    private readonly TimeSpan _start = EventLoop.Now;
    private readonly TransportPath _path;

    public TcpConnectionsTests()
    {
        _sender = new DatagramSender(_socket);
        _peers = new LoopPeers(null!, _sender, _connections);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        var door = (IPEndPoint)_listener.LocalEndPoint!;
        _client.Connect(door);
        _pair = new PeerPair(_identity, door, new IPEndPoint(IPAddress.Loopback, 9));
        _peers.Add(_pair.Server, new RecordingHandler());
        byte[] check = TcpPeerTests.SignedCheck(_pair.Client.Session, nominates: true);
        _connections.Adopt(_start, new TcpArrival(_listener.Accept(), check), _peers);
        _path = _pair.Server.GetStatistics().SelectedPath!.Value;
    }

    public void Dispose()
    {
        _connections.Dispose();
        _pair.Client.Dispose();
        _pair.Server.Dispose();
        _sender.Dispose();
        _socket.Dispose();
        _listener.Dispose();
        _client.Dispose();
        _identity.Dispose();
    }

    [Fact]
    public void Row_4_4_2_a_reader_that_takes_nothing_for_seconds_is_reset_and_its_pair_ends()
    {
        FillUntil(() => _connections.PacketsDropped > 0);
        Send(_start + TcpConnection.MostCongestion - TimeSpan.FromTicks(1));
        _connections.HandleReady(_start, _peers);
        Assert.Equal(1, _connections.Count);

        Send(_start + TcpConnection.MostCongestion);
        _connections.HandleReady(_start, _peers);

        Assert.Equal(0, _connections.Count);
        Assert.Null(_pair.Server.GetStatistics().SelectedPath);
        Assert.Throws<SocketException>(() =>
        {
            while (_client.Receive(new byte[1 << 16]) > 0)
            {
            }
        });
    }

    [Fact]
    public void Row_4_4_2_a_full_queue_drops_whole_packets_counts_them_and_is_no_end()
    {
        FillUntil(() => _connections.PacketsDropped >= 50);
        Assert.InRange(_peers.TcpBytesWaiting(_pair.Server), TcpSendQueue.CapacityBytes - 2000, TcpSendQueue.CapacityBytes);

        // What the kernel has and what waits comes out in whole frames.
        var stream = new List<byte>();
        byte[] buffer = new byte[1 << 16];
        while (_peers.TcpBytesWaiting(_pair.Server) > 0 || _client.Available > 0)
        {
            if (_client.Poll(1000, SelectMode.SelectRead))
                stream.AddRange(buffer.AsSpan(0, _client.Receive(buffer)));
            _connections.HandleReady(_start, _peers);
        }

        int position = 0;
        int frames = 0;
        while (position < stream.Count)
        {
            position += 2 + (stream[position] << 8 | stream[position + 1]);
            frames++;
        }

        Assert.Equal(stream.Count, position);
        Assert.InRange(frames, 200, 100_000);
        Assert.Equal(1, _connections.Count);
    }

    [Fact]
    public void Row_4_4_1_a_connection_is_another_path_than_UDP_between_the_same_addresses_and_than_one_before_it()
    {
        Assert.NotEqual(0, _path.Connection);
        Assert.True(_pair.Server.IsValidatedPath(_path));
        Assert.False(_pair.Server.IsValidatedPath(_path with { Connection = 0 }));
        Assert.False(_pair.Server.IsValidatedPath(_path with { Connection = _path.Connection + 1 }));

        // Datagrams from there are a stranger's.
        Assert.False(_peers.HandleDatagram(_start, _path with { Connection = 0 }, [22, 254, 253, .. new byte[60]]));
    }

    private void FillUntil(Func<bool> condition)
    {
        for (int i = 0; i < 1_000_000 && !condition(); i++)
            Send(_start);
        Assert.True(condition());
    }

    private void Send(TimeSpan now)
    {
        byte[] packets = new byte[(10 * 1200) + 700];
        PeerSlot slot = _peers.Find(_pair.Server)!;
        _connections.Send(now, slot, packets, new Transmit(_path, packets.Length, 1200));
    }
}
