using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using ComfyStream.Transport.Tcp;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.Transport.Tests.Tcp;

/// <summary>Whole sessions over ICE-TCP: the listener, two event loops, and clients over the loopback device.</summary>
public sealed class TcpPeerTests : IDisposable
{
    private readonly DtlsIdentity _identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
    private readonly List<Exception> _faults = [];
    private readonly EventLoop[] _loops;
    private readonly IceTcpListener _listener;
    private readonly List<IDisposable> _owned = [];

    public TcpPeerTests()
    {
        _loops = [.. Enumerable.Range(0, 2).Select(i => new EventLoop(new IPEndPoint(IPAddress.Loopback, 0), $"net-{i}") { OnFault = _faults.Add })];
        _listener = new IceTcpListener(new IPEndPoint(IPAddress.Loopback, 0), _loops) { OnFault = _faults.Add };
    }

    public void Dispose()
    {
        _owned.ForEach(owned => owned.Dispose());
        _listener.Dispose();
        foreach (EventLoop loop in _loops)
            loop.Dispose();
        _identity.Dispose();
        Assert.Empty(_faults);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Row_4_4_1_a_viewer_gets_whole_pictures_over_TCP_from_the_loop_that_owns_its_session(int owner)
    {
        Session session = Open(owner);
        Assert.True(session.Client.Connects());
        for (int packets = 1; packets <= 200; packets += 33)
        {
            int before = session.Client.FramesReceived;
            session.Send(packets);
            Assert.True(session.Client.RunUntil(() => session.Client.FramesReceived > before));
            Assert.Equal(packets * 1000, session.Client.LastFrameBytes);
        }

        Assert.Equal(1, _loops[owner].Counters.TcpConnections);
        Assert.Equal(0, _loops[1 - owner].Counters.TcpConnections);
        Assert.Equal(0, _loops[owner].Counters.DatagramsSent);
        Assert.Equal(0, _loops[owner].Counters.TcpPacketsDropped);
        Assert.Equal(0, session.Client.Refused);
    }

    [Fact]
    public void Row_4_4_1_a_publishers_pictures_arrive_over_TCP()
    {
        Session session = Open(0, clientSends: true);
        Assert.True(session.Client.Connects());
        for (int sent = 1; sent <= 20; sent++)
        {
            session.Client.Peer.WriteFrame(EventLoop.Now, PeerPair.MakeFrame(sent * 3));
            Assert.True(session.Client.RunUntil(() => session.Handler.FramesReceived == sent));
            Assert.Equal(sent * 3000, session.Handler.LastFrameBytes);
        }
    }

    [Fact]
    public void Row_4_4_1_a_check_that_nobody_signed_ends_its_connection_and_harms_nobody()
    {
        Session session = Open(0);
        Assert.True(session.Client.Connects());
        Socket[] strangers =
        [
            Connect(TcpDoorTests.Check(session.Peer.LocalUserFragment)),
            Connect(TcpDoorTests.Check(IceCredentials.Create(0).UserFragment)),
            Connect(TcpDoorTests.Check(IceCredentials.Create(1).UserFragment)),
            Connect(TcpDoorTests.Check(IceCredentials.Create(63).UserFragment)),
        ];

        foreach (Socket stranger in strangers)
            Assert.Equal(0, stranger.Receive(new byte[100]));
        session.Send(10);
        Assert.True(session.Client.RunUntil(() => session.Client.FramesReceived == 1));
        Assert.Equal(1, _loops[0].Counters.TcpConnections);
    }

    [Fact]
    public void Row_4_4_1_a_length_that_cannot_be_ends_the_connection()
    {
        Session session = Open(0);
        Assert.True(session.Client.Connects());
        session.Client.Socket.Send([0xFF, 0xFF]);
        Assert.True(session.Client.RunUntil(() => session.Client.IsEnded));
        Assert.True(SpinWait.SpinUntil(() => _loops[0].Counters.TcpConnections == 0, TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void Row_4_4_1_a_session_has_no_more_connections_than_its_share_and_keeps_the_one_that_media_flows_on()
    {
        Session session = Open(0);
        Assert.True(session.Client.Connects());

        // Anyone who holds the password may open more: here by checks that the client would send.
        byte[] check = SignedCheck(session.Client.Peer.Session);
        List<Socket> more = [];
        for (int i = 0; i < 2 * TcpConnections.MostOfOneSession; i++)
        {
            Socket socket = Connect(check);
            Assert.True(socket.Receive(new byte[200]) > 20);
            more.Add(socket);
        }

        // A check is answered before the oldest connection goes.
        Assert.Equal(0, more[0].Receive(new byte[200]));
        Assert.True(SpinWait.SpinUntil(() => _loops[0].Counters.TcpConnections == TcpConnections.MostOfOneSession, TimeSpan.FromSeconds(20)));
        session.Send(10);
        Assert.True(session.Client.RunUntil(() => session.Client.FramesReceived == 1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Row_4_4_2_a_half_closed_or_reset_connection_ends_the_pair_and_a_new_one_goes_on_with_the_session(bool isReset)
    {
        Session session = Open(0);
        Assert.True(session.Client.Connects());
        byte[] nomination = SignedCheck(session.Client.Peer.Session, nominates: true);
        if (isReset)
            session.Client.Socket.Close(timeout: 0);
        else
            session.Client.Socket.Shutdown(SocketShutdown.Send);
        Assert.True(SpinWait.SpinUntil(() => session.StateOnLoop() == PeerConnectionState.Disconnected, TimeSpan.FromSeconds(20)));
        Assert.Equal(0, _loops[0].Counters.TcpConnections);

        session.Client.Connect();
        session.Client.Socket.Send(StreamFrameReaderTests.Frame([nomination]));
        Assert.True(session.Client.RunUntil(() => session.StateOnLoop() == PeerConnectionState.Connected));
        session.Send(10);
        Assert.True(session.Client.RunUntil(() => session.Client.FramesReceived == 1));
        Assert.Equal(1, _loops[0].Counters.Peers);
    }

    [Fact]
    public void Row_4_4_2_a_slow_reader_skips_whole_pictures_and_goes_on_when_it_reads_again()
    {
        Session slow = Open(0, receiveBufferBytes: 16 << 10);
        Session other = Open(0);
        Assert.True(slow.Client.Connects());
        Assert.True(other.Client.Connects());

        int sent = 0;
        while (slow.Statistics().FramesDropped < 100)
        {
            // It sends its checks and reads nothing.
            slow.Client.Step(receives: false);
            slow.Send(20);
            other.Send(20);
            sent++;
            Assert.True(other.Client.RunUntil(() => other.Client.FramesReceived == sent));
            Assert.True(sent < 5000, "Everything went into the void.");
        }

        Assert.True(slow.Client.FramesReceived == 0);
        Assert.InRange(slow.WaitingBytes(), TcpConnection.CongestedBytes, TcpSendQueue.CapacityBytes);
        Assert.Equal(0, _loops[0].Counters.TcpPacketsDropped);

        // What was sent before comes whole, then those pictures that waited, then new ones.
        Assert.True(slow.Client.RunUntil(() => slow.WaitingBytes() == 0));
        int old = slow.Client.FramesReceived;
        slow.Send(7);
        Assert.True(slow.Client.RunUntil(() => slow.Client.FramesReceived > old && slow.Client.LastFrameBytes == 7000));
        Assert.Equal(0, slow.Client.Refused);
        Assert.Equal(0, slow.Client.Peer.GetStatistics().Video.PacketsLost);
    }

    [Fact]
    public void A_packet_over_TCP_allocates_nothing_on_the_loop()
    {
        Session session = Open(0, clientSends: true);
        Assert.True(session.Client.Connects());
        PacketizedFrame frame = PeerPair.MakeFrame(7);
        int sent = 0;
        long bytes = 1;
        for (int round = 0; round < 30 && bytes != 0; round++)
        {
            long before = session.AllocatedOnLoop();
            for (int i = 0; i < 20; i++)
            {
                session.Client.Peer.WriteFrame(EventLoop.Now, frame);
                sent++;
                Assert.True(session.Client.RunUntil(() => session.Handler.FramesReceived == sent));
            }

            bytes = session.AllocatedOnLoop() - before;
        }

        Assert.Equal(0, bytes);
    }

    private Socket Connect(byte[] firstPacket)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 20_000 };
        _owned.Add(socket);
        socket.Connect(_listener.LocalEndPoint);
        socket.Send(StreamFrameReaderTests.Frame([firstPacket]));
        return socket;
    }

    // What an agent with the client's credentials would send.
    internal static byte[] SignedCheck(NegotiatedSession agreed, bool nominates = false)
    {
        byte[] named = TcpDoorTests.Check(agreed.RemoteIce.UserFragment, agreed.LocalIce.UserFragment);
        byte[] covered = [.. named, .. nominates ? (byte[])[0, 0x25, 0, 0] : []];
        covered[3] = (byte)(covered.Length - 20 + 24);
        byte[] integrity = HMACSHA1.HashData(Encoding.ASCII.GetBytes(agreed.RemoteIce.Password), covered);
        return [.. covered, 0, 8, 0, 20, .. integrity];
    }

    private Session Open(int owner, bool clientSends = false, int receiveBufferBytes = 0)
    {
        var session = new Session(_identity, _loops[owner], owner, _listener.LocalEndPoint, clientSends);
        _owned.Add(session.Client);
        session.Client.Connect(receiveBufferBytes);
        return session;
    }

    /// <summary>A session on its loop, and its client.</summary>
    private sealed class Session
    {
        private readonly EventLoop _loop;

        public Session(DtlsIdentity identity, EventLoop loop, int owner, IPEndPoint door, bool clientSends)
        {
            _loop = loop;
            var pair = new PeerPair(identity, door, new IPEndPoint(IPAddress.Loopback, 9), clientSends: clientSends, serverIce: IceCredentials.Create(owner));
            Peer = pair.Server;
            Client = new TcpTestPeer(pair.Client, door);
            Assert.True(loop.Post(it => it.Add(Peer, Handler)));
        }

        public PeerConnection Peer { get; }

        public RecordingHandler Handler { get; } = new();

        public TcpTestPeer Client { get; }

        public void Send(int packetCount)
        {
            PacketizedFrame frame = PeerPair.MakeFrame(packetCount);
            OnLoop(loop =>
            {
                Peer.WriteFrame(EventLoop.Now, frame);
                loop.Touch(Peer);
                return true;
            });
        }

        public PeerConnectionState StateOnLoop() => OnLoop(_ => Peer.State);

        public MediaStatistics Statistics() => OnLoop(_ => Peer.GetStatistics().Video);

        public int WaitingBytes() => OnLoop(loop => loop.TcpBytesWaiting(Peer));

        public long AllocatedOnLoop() => OnLoop(_ => GC.GetAllocatedBytesForCurrentThread());

        private T OnLoop<T>(Func<EventLoop, T> ask)
        {
            T answer = default!;
            using var done = new ManualResetEventSlim();
            Assert.True(_loop.Post(loop =>
            {
                answer = ask(loop);
                done.Set();
            }));
            Assert.True(done.Wait(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
            return answer;
        }
    }
}
