using System.Net;
using System.Net.Sockets;
using System.Text;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.Transport.Tests;

/// <summary>Real peers over real sockets: ICE, DTLS and SRTP from one loop to another.</summary>
public abstract class EventLoopPeerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly DtlsIdentity _identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
    private readonly EventLoop _serverLoop;
    private readonly EventLoop _clientLoop;
    private readonly List<Exception> _faults = [];

    private EventLoopPeerTests(SocketMode mode)
    {
        _serverLoop = new EventLoop(new IPEndPoint(IPAddress.Loopback, 0), "net-server", mode) { OnFault = _faults.Add };
        _clientLoop = new EventLoop(new IPEndPoint(IPAddress.Any, 0), "net-client", mode);
    }

    public void Dispose()
    {
        _clientLoop.Dispose();
        _serverLoop.Dispose();
        _identity.Dispose();
    }

    [Fact]
    public void Two_peers_on_two_loops_connect_and_frames_arrive()
    {
        Link link = Connect();

        Send(link, 20);
        Assert.True(link.ServerHandler.WaitFrames(1));
        Send(link, 3);
        Assert.True(link.ServerHandler.WaitFrames(2));

        Assert.Equal(3000, link.ServerHandler.LastFrameBytes);
        Assert.Equal(1, _serverLoop.Counters.Peers);
        Assert.Empty(_faults);
    }

    [Fact]
    public void Several_clients_of_loops_of_their_own_are_told_apart()
    {
        using var secondLoop = new EventLoop(new IPEndPoint(IPAddress.IPv6Any, 0), "net-client-2");
        Link first = Connect();
        Link second = Connect(secondLoop);

        Send(first, 1);
        Send(second, 2);

        Assert.True(first.ServerHandler.WaitFrames(1));
        Assert.True(second.ServerHandler.WaitFrames(1));
        Assert.Equal(1000, first.ServerHandler.LastFrameBytes);
        Assert.Equal(2000, second.ServerHandler.LastFrameBytes);
    }

    [Fact]
    public void A_second_client_of_one_loop_to_the_same_address_is_refused_and_the_first_lives()
    {
        Exception? fault = null;
        _clientLoop.OnFault = exception => fault = exception;
        Link first = Connect();

        Link second = Start(_clientLoop);
        Assert.True(second.ClientHandler.WaitClosed());
        Send(first, 1);

        Assert.True(first.ServerHandler.WaitFrames(1));
        Assert.Contains("event loop of its own", fault?.Message);
    }

    [Fact]
    public void The_end_of_a_loop_tells_the_other_side()
    {
        Link link = Connect();

        _clientLoop.Dispose();

        Assert.True(link.ClientHandler.WaitClosed());
        Assert.True(link.ServerHandler.WaitClosed());
        Assert.Equal(CloseReason.RemoteClose, link.ServerHandler.CloseReason);
        Assert.Equal(0, _serverLoop.Counters.Peers);
    }

    [Fact]
    public void A_peer_closed_by_its_application_tells_the_other_side_and_leaves_the_loop()
    {
        Link link = Connect();

        _serverLoop.Post(loop =>
        {
            link.Pair.Server.Close(EventLoop.Now);
            loop.Touch(link.Pair.Server);
        });

        Assert.True(link.ServerHandler.WaitClosed());
        Assert.True(link.ClientHandler.WaitClosed());
        Assert.Equal(CloseReason.RemoteClose, link.ClientHandler.CloseReason);
        Assert.Equal(0, _serverLoop.Counters.Peers);
    }

    [Fact]
    public void A_handler_that_throws_costs_its_own_peer_only()
    {
        using var secondLoop = new EventLoop(new IPEndPoint(IPAddress.Any, 0), "net-client-2");
        Link healthy = Connect();
        Link broken = Connect(secondLoop, serverEvent: e =>
        {
            if (e.Kind == PeerEventKind.FrameReceived)
                throw new FormatException("broken handler");
        });

        Send(broken, 1);
        Assert.True(broken.ServerHandler.WaitClosed());
        Assert.True(broken.ClientHandler.WaitClosed());
        Send(healthy, 1);

        Assert.True(healthy.ServerHandler.WaitFrames(1));
        Assert.IsType<FormatException>(Assert.Single(_faults));
        Assert.Equal(1, _serverLoop.Counters.Peers);
    }

    [Fact]
    public void A_peer_that_nobody_calls_ends_by_its_deadline()
    {
        var pair = new PeerPair(_identity, _serverLoop.LocalEndPoint, _clientLoop.LocalEndPoint, new PeerOptions { IceTimeout = TimeSpan.FromMilliseconds(50) });
        var handler = new RecordingHandler();

        _serverLoop.Post(loop => loop.Add(pair.Server, handler));

        Assert.True(handler.WaitClosed());
        Assert.Equal(CloseReason.IceTimeout, handler.CloseReason);
        pair.Client.Dispose();
    }

    [Fact]
    public void A_check_that_comes_right_behind_its_peer_is_not_dropped()
    {
        // The loop is busy when both come, and finds them together.
        using var isBusy = new ManualResetEventSlim();
        using var mayGoOn = new ManualResetEventSlim();
        using var isSent = new ManualResetEventSlim();
        _serverLoop.Post(loop => loop.AfterSend(new Deed(() =>
        {
            isBusy.Set();
            mayGoOn.Wait(TestContext.Current.CancellationToken);
        })));
        isBusy.Wait(TestContext.Current.CancellationToken);
        Link link = Start(_clientLoop);
        _clientLoop.Post(loop => loop.AfterSend(new Deed(isSent.Set)));
        isSent.Wait(TestContext.Current.CancellationToken);

        mayGoOn.Set();

        Assert.True(link.ServerHandler.WaitConnected());
        Assert.Equal(0, _serverLoop.Counters.DatagramsDropped);
    }

    [Fact]
    public void A_frame_leaves_before_the_handshakes_that_wait_are_computed()
    {
        const int Joining = 50;
        var hellos = new HashSet<TransportPath>();
        bool areHeldBack = false;
        using var server = new EventLoop(new IPEndPoint(IPAddress.Loopback, 0), "net-storm", _serverLoop.SocketMode)
        {
            Tap = (in TransportPath path, ReadOnlySpan<byte> datagram) =>
            {
                if (!Volatile.Read(ref areHeldBack) || DatagramClassifier.Classify(datagram) != DatagramKind.Dtls)
                    return false;
                lock (hellos)
                    hellos.Add(path);
                return true;
            },
        };
        Link watching = Start(_clientLoop, server: server);
        Assert.True(watching.ServerHandler.WaitConnected() && watching.ClientHandler.WaitConnected());

        // All who join have a path and say hello; nobody hears it before the loop finds it all at once, as they say it again.
        Volatile.Write(ref areHeldBack, true);
        using var crowd = new EventLoop(new IPEndPoint(IPAddress.Any, 0), "net-crowd", _serverLoop.SocketMode);
        Link[] joining = [.. Enumerable.Range(1, Joining).Select(i => Start(crowd, server: server, clientAddress: new IPAddress([127, 0, 1, (byte)i])))];
        Assert.True(SpinWait.SpinUntil(() => CountOf(hellos) >= Joining, Patience));
        using var mayGoOn = new ManualResetEventSlim();
        server.Post(loop => loop.AfterSend(new Deed(() => mayGoOn.Wait(TestContext.Current.CancellationToken))));
        Volatile.Write(ref areHeldBack, false);
        long sent = crowd.Counters.DatagramsSent;
        Assert.True(SpinWait.SpinUntil(() => crowd.Counters.DatagramsSent >= sent + Joining, Patience));
        int waitingWhenSent = 0;
        server.Post(loop =>
        {
            watching.Pair.Server.RequestKeyFrame(EventLoop.Now);
            loop.Touch(watching.Pair.Server);
            loop.AfterSend(new Deed(() => waitingWhenSent = loop.HandshakesWaiting));
        });
        mayGoOn.Set();

        Assert.All(joining, link => Assert.True(link.ServerHandler.WaitConnected()));
        Assert.InRange(waitingWhenSent, Joining / 2, HandshakeQueue.Capacity);
    }

    [Fact]
    public void T2_Strangers_who_know_the_user_fragment_or_flood_the_port_change_nothing()
    {
        Link link = Connect();
        using Socket stranger = Loopback.OpenPeer();
        byte[] username = Encoding.UTF8.GetBytes($"{link.Pair.Server.LocalUserFragment}:{link.Pair.Client.LocalUserFragment}");
        byte[] forged = new byte[20 + 4 + ((username.Length + 3) & ~3)];
        new byte[] { 0, 1, 0, (byte)(forged.Length - 20), 0x21, 0x12, 0xA4, 0x42 }.CopyTo(forged, 0);
        new byte[] { 0, 6, 0, (byte)username.Length }.CopyTo(forged, 20);
        username.CopyTo(forged, 24);
        byte[][] datagrams =
        [
            forged,
            [22, 254, 253, .. new byte[60]],
            [21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 2, 40],
            [128, 96, .. new byte[100]],
            [129, 203, 0, 1, 0, 0, 0, 1],
        ];
        long dropped = _serverLoop.Counters.DatagramsDropped;

        for (int i = 0; i < 100; i++)
        {
            foreach (byte[] datagram in datagrams)
                stranger.SendTo(datagram, _serverLoop.LocalEndPoint);
        }

        Send(link, 5);

        Assert.True(link.ServerHandler.WaitFrames(1));
        Assert.True(SpinWait.SpinUntil(() => _serverLoop.Counters.DatagramsDropped >= dropped + 400, TimeSpan.FromSeconds(5)));
        Assert.Equal(0, stranger.Available);
    }

    [Fact]
    public void A_forwarded_frame_allocates_nothing_on_the_loops()
    {
        Link link = Connect();
        PacketizedFrame frame = PeerPair.MakeFrame(7);
        var work = new SendWork(link.Pair.Client, frame);
        long sent = 0;
        long clientBytes = 1;
        long serverBytes = 1;
        for (int round = 0; round < 30 && clientBytes + serverBytes != 0; round++)
        {
            long clientBefore = AllocatedOn(_clientLoop);
            long serverBefore = AllocatedOn(_serverLoop);
            for (int i = 0; i < 20; i++)
            {
                Assert.True(_clientLoop.Post(work));
                sent++;
                Assert.True(link.ServerHandler.WaitFrames((int)sent));
            }

            clientBytes = AllocatedOn(_clientLoop) - clientBefore;
            serverBytes = AllocatedOn(_serverLoop) - serverBefore;
        }

        Assert.Equal(0, clientBytes);
        Assert.Equal(0, serverBytes);
    }

    private static long AllocatedOn(EventLoop loop)
    {
        long bytes = 0;
        using var done = new ManualResetEventSlim();
        loop.Post(_ =>
        {
            bytes = GC.GetAllocatedBytesForCurrentThread();
            done.Set();
        });
        Assert.True(done.Wait(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        return bytes;
    }

    private Link Connect(EventLoop? clientLoop = null, Action<PeerEvent>? serverEvent = null)
    {
        Link link = Start(clientLoop ?? _clientLoop, serverEvent);
        Assert.True(link.ClientHandler.WaitConnected());
        Assert.True(link.ServerHandler.WaitConnected());
        return link;
    }

    private static int CountOf(HashSet<TransportPath> paths)
    {
        lock (paths)
            return paths.Count;
    }

    private Link Start(EventLoop clientLoop, Action<PeerEvent>? serverEvent = null, EventLoop? server = null, IPAddress? clientAddress = null)
    {
        server ??= _serverLoop;
        IPEndPoint client = clientAddress is null ? clientLoop.LocalEndPoint : new IPEndPoint(clientAddress, clientLoop.LocalEndPoint.Port);
        var pair = new PeerPair(_identity, server.LocalEndPoint, client);
        var link = new Link(pair, clientLoop, new RecordingHandler(), new RecordingHandler { OnEvent = serverEvent });
        Assert.True(server.Post(loop => loop.Add(pair.Server, link.ServerHandler)));
        Assert.True(clientLoop.Post(loop => loop.Add(pair.Client, link.ClientHandler)));
        return link;
    }

    private static void Send(Link link, int packetCount)
    {
        PacketizedFrame frame = PeerPair.MakeFrame(packetCount);
        Assert.True(link.ClientLoop.Post(new SendWork(link.Pair.Client, frame)));
    }

    private sealed record Link(PeerPair Pair, EventLoop ClientLoop, RecordingHandler ClientHandler, RecordingHandler ServerHandler);

    private sealed class Deed(Action action) : ILoopWork
    {
        public void Run(EventLoop loop) => action();
    }

    private sealed class SendWork(PeerConnection peer, PacketizedFrame frame) : ILoopWork
    {
        public void Run(EventLoop loop)
        {
            peer.WriteFrame(EventLoop.Now, frame);
            loop.Touch(peer);
        }
    }

    public sealed class Segmented() : EventLoopPeerTests(SocketMode.Segmented);

    public sealed class Batched() : EventLoopPeerTests(SocketMode.Batched);

    public sealed class Plain() : EventLoopPeerTests(SocketMode.Plain);
}
