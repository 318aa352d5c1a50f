using System.Net;
using System.Net.Sockets;
using ComfyStream.Media;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Tests.Peers.Foreign;

namespace ComfyStream.Streaming.Tests.Running.Foreign;

/// <summary>A client of another make on a socket of its own. One thread drives it; what tests do to it they do between its turns.</summary>
internal sealed class WireClient : IAsyncDisposable
{
    private const int PollMicroseconds = 2000;

    private readonly Relay _relay;
    private readonly ForeignPeer _peer;
    private readonly string _name;
    private readonly Route? _route;
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Lock _gate = new();
    private Task _driving = Task.CompletedTask;
    private volatile bool _isDead;

    public WireClient(Relay relay, ForeignPeer peer, string name, Route? route = null)
    {
        _relay = relay;
        _peer = peer;
        _name = name;
        _route = route;
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
    }

    public string Id { get; private set; } = "";

    /// <summary>Asked for each datagram (and whether the client sends it) when it has been sent, or has arrived and not been looked at: whether the client dies of it.</summary>
    public Func<DatagramKind, bool, bool> DiesOf { get; init; } = (_, _) => false;

    public bool IsDead => _isDead;

    public bool IsConnected => Read(peer => peer.IsConnected);

    public bool IsClosed => Read(peer => peer.IsClosed);

    private SessionKind Kind => _peer is IForeignPublisher ? SessionKind.Publisher : SessionKind.Subscriber;

    /// <summary>Sends the offer and takes the answer.</summary>
    public async Task PostAsync(IWorkflow? workflow = null)
    {
        SessionResult result = Kind == SessionKind.Publisher
            ? await _relay.PublishAsync(new PublishRequest(_name, _peer.Offer, workflow, TestWorkflow.Passthrough), CancellationToken.None)
            : await _relay.SubscribeAsync(new SubscribeRequest(_name, _peer.Offer, TestWorkflow.Passthrough), CancellationToken.None);
        Assert.True(result.Outcome == SessionOutcome.Created, result.Detail);
        Id = result.Id;
        _peer.Accept(result.AnswerSdp);
    }

    /// <summary>Begins to connect.</summary>
    public void Start()
    {
        IPEndPoint server = _peer.Server!;
        if (_route is not null)
            server = new IPEndPoint(IPAddress.Loopback, _route.Open(server));
        _socket.Connect(server);
        Do((peer, now) => peer.Start(now, TransportAddress.From((IPEndPoint)_socket.LocalEndPoint!), TransportAddress.From(server)));
        _driving = Task.Factory.StartNew(Drive, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public async Task ConnectAsync(IWorkflow? workflow = null)
    {
        await PostAsync(workflow);
        Start();
        await TestRelay.Until(() => IsConnected, "the client is connected");
    }

    /// <summary>Does something with the client, unless it is dead.</summary>
    public void Do(Action<ForeignPeer, TimeSpan> action)
    {
        lock (_gate)
        {
            if (_isDead)
                return;
            action(_peer, EventLoop.Now);
            Flush();
        }
    }

    public T Read<T>(Func<ForeignPeer, T> read)
    {
        lock (_gate)
            return read(_peer);
    }

    public void SendPicture(byte[] accessUnit) => Do((peer, now) => ((IForeignPublisher)peer).SendPicture(now, accessUnit));

    /// <summary>Sends pictures again and again until something has come about.</summary>
    public async Task PlayUntil(IReadOnlyList<byte[]> units, bool sound, Func<bool> condition, string what)
    {
        int next = 0;
        await TestRelay.Until(
            () =>
            {
                SendPicture(units[next++ % units.Count]);
                if (sound)
                    Do((peer, now) => ((IForeignPublisher)peer).SendSound(now, [0xFC, 0xFF, 0xFE]));
                Thread.Sleep(10);
                return condition();
            },
            what);
    }

    /// <summary>Ends the session over HTTP: whether that is answered 200, not 404.</summary>
    public Task<bool> DeleteAsync() => _relay.TerminateAsync(Kind, Id).AsTask();

    /// <summary>Dies: says nothing any more, and its port is closed or stays open unread.</summary>
    public void Die(bool closesPort)
    {
        lock (_gate)
        {
            _isDead = true;
            if (closesPort)
                _socket.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Die(closesPort: true);
        await _driving;
        _peer.Dispose();
    }

    private void Drive()
    {
        byte[] buffer = new byte[2048];
        while (!_isDead)
        {
            try
            {
                bool isReadable = _socket.Poll(PollMicroseconds, SelectMode.SelectRead);
                lock (_gate)
                {
                    if (!_isDead)
                        Turn(buffer, isReadable);
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The relay closed its port, or the client its own.
            }
        }
    }

    private void Turn(byte[] buffer, bool isReadable)
    {
        if (isReadable)
        {
            int byteCount = _socket.Receive(buffer);
            if (DiesOf(DatagramClassifier.Classify(buffer.AsSpan(0, byteCount)), false))
            {
                _isDead = true;
                return;
            }

            _peer.HandleDatagram(EventLoop.Now, buffer.AsSpan(0, byteCount));
        }

        if (_peer.NextDeadline <= EventLoop.Now)
            _peer.HandleDeadline(EventLoop.Now);
        Flush();
    }

    private void Flush()
    {
        while (!_isDead && _peer.TryTake(out byte[] datagram))
        {
            _socket.Send(datagram);
            _isDead = DiesOf(DatagramClassifier.Classify(datagram), true);
        }
    }
}
