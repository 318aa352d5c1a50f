using System.Diagnostics;
using System.Net;
using ComfyStream.Transport.Interop;
using ComfyStream.Transport.Tcp;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport;

/// <summary>
/// One OS thread that owns a UDP socket, the peers that use it, their TCP connections, and their deadlines. Everything that touches its peers runs on it.
/// Each turn is bounded: posted commands, then datagrams in, then deadlines that are due, then one batch out, then one datagram of a
/// handshake.
/// </summary>
/// <remarks>
/// A datagram finds its peer by its path; a STUN request first by the local user fragment in it. A path becomes a peer's when the
/// peer has authenticated a STUN message that came on it. A controlling agent's (a client's) paths are those that it sends on,
/// because the answers to its checks name no user fragment: two clients that talk to one address need a loop each.
/// </remarks>
public sealed class EventLoop : IDisposable
{
    private const int InboxCapacity = 8192;
    private const int MaxDatagramsPerTurn = 256;
    private const int MaxCommandsPerTurn = 1024;

    private static readonly TimeSpan MaxClosing = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxJoin = TimeSpan.FromSeconds(1);
    private static readonly long Epoch = Stopwatch.GetTimestamp();

    private readonly UdpSocket _socket;
    private readonly DatagramReceiver _receiver;
    private readonly DatagramSender _sender;
    private readonly WakeEvent _wake = new();
    private readonly BoundedQueue<object> _inbox = new(InboxCapacity);
    private readonly TcpConnections _connections = new();
    private readonly LoopPeers _peers;
    private readonly PriorityQueue<ILoopWork, TimeSpan> _timed = new(64);
    private readonly List<ILoopWork> _afterSend = new(64);
    private readonly Thread _thread;
    private volatile bool _isStopping;
    private bool _hasReadyConnections;
    private long _datagramsReceived;
    private long _idleTicks;
    private long _idleSinceTicks;
    private long _bytesReceived;
    private long _datagramsDropped;

    /// <summary>Opens the socket and starts the thread.</summary>
    /// <param name="localEndPoint">Address and UDP port to bind to; IPv6Any takes IPv4 too. Port 0: any free one.</param>
    /// <param name="name">The thread's name, such as "net-0".</param>
    /// <param name="mode">How datagrams go to and from the kernel; null: the best way that works here.</param>
    /// <exception cref="System.Net.Sockets.SocketException">The port is in use or the address is not ours.</exception>
    public EventLoop(IPEndPoint localEndPoint, string name, SocketMode? mode = null)
    {
        _socket = UdpSocket.Open(localEndPoint, mode ?? SocketProbe.Best);
        LocalEndPoint = _socket.LocalEndPoint;
        _receiver = new DatagramReceiver(_socket);
        _sender = new DatagramSender(_socket);
        _peers = new LoopPeers(this, _sender, _connections);
        _thread = new Thread(Run) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Where the socket is bound.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>How datagrams go to and from the kernel.</summary>
    public SocketMode SocketMode => _socket.Mode;

    /// <summary>Monotonic time since the process began (any thread): the <c>now</c> of all peers.</summary>
    public static TimeSpan Now => Stopwatch.GetElapsedTime(Epoch);

    /// <summary>NTP time (64-bit, RFC 3550 4) of <see cref="Now"/> zero, for <see cref="PeerOptions.NtpEpoch"/>: later steps of the wall clock do not move it.</summary>
    public static ulong NtpEpoch { get; } = NtpTimeAt(DateTimeOffset.UtcNow - Now);

    /// <summary>Whether the caller runs on this loop.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>
    /// Told, on the loop, of every exception of a peer, a handler or a posted command. A peer that failed so is closed and taken off
    /// the loop; everything else lives.
    /// </summary>
    public Action<Exception>? OnFault { get; set; }

    /// <summary>
    /// Sees every datagram first, on the loop, and keeps it from its peer by returning true: a load generator counts what thousands of
    /// viewers receive without decrypting all of it. Set before peers are added.
    /// </summary>
    internal DatagramTap? Tap { get; set; }

    /// <summary>Datagrams of handshakes that wait for their turn (on the loop).</summary>
    internal int HandshakesWaiting => _peers.HandshakesWaiting;

    /// <summary>Bytes that wait on TCP connections of a peer (on the loop).</summary>
    internal int TcpBytesWaiting(PeerConnection peer) => _peers.TcpBytesWaiting(peer);

    /// <summary>Counters of the loop, for statistics (any thread; values may be a turn old).</summary>
    public LoopCounters Counters => new(
        Volatile.Read(ref _datagramsReceived) + _connections.PacketsReceived,
        _sender.DatagramsSent,
        Volatile.Read(ref _bytesReceived) + _connections.BytesReceived,
        _sender.BytesSent,
        Volatile.Read(ref _datagramsDropped),
        _sender.Failures,
        _peers.Count,
        _sender.MessagesSent,
        _connections.Count,
        _connections.PacketsDropped);

    /// <summary>How long the loop has had nothing to do since it began, the wait that it may be in included (any thread).</summary>
    public TimeSpan IdleTime
    {
        get
        {
            long since, idle;
            do
            {
                since = Volatile.Read(ref _idleSinceTicks);
                idle = Volatile.Read(ref _idleTicks);
            }
            while (since != Volatile.Read(ref _idleSinceTicks));
            return TimeSpan.FromTicks(since == 0 ? idle : idle + Math.Max(0, Now.Ticks - since));
        }
    }

    /// <summary>Runs <paramref name="command"/> on the loop (any thread). False when the inbox is full or the loop has stopped: it will not run.</summary>
    public bool Post(Action<EventLoop> command) => Enqueue(command);

    /// <summary>Posts a preallocated work item: allocates nothing. Otherwise as the other overload.</summary>
    public bool Post(ILoopWork work) => Enqueue(work);

    /// <summary>Adds a peer (on the loop): datagrams for its user fragment and validated paths reach it from now on.</summary>
    /// <exception cref="InvalidOperationException">The peer is there already, or the loop is closing.</exception>
    public void Add(PeerConnection peer, IPeerHandler handler)
    {
        AssertCurrent();
        _peers.Add(peer, handler);
    }

    /// <summary>
    /// Says that the application gave <paramref name="peer"/> something to do (a frame, a close): what it has to send is sent in this turn (on the loop).
    /// </summary>
    public void Touch(PeerConnection peer)
    {
        AssertCurrent();
        _peers.Touch(peer);
    }

    /// <summary>Says that <paramref name="peer"/> restarted ICE: its checks find it by its new user fragment from now on (on the loop).</summary>
    public void NoteRestart(PeerConnection peer)
    {
        AssertCurrent();
        _peers.NoteUserFragment(peer);
    }

    /// <summary>
    /// Runs <paramref name="work"/> once, as soon as what this turn sends was given to the kernel (on the loop): that is when a frame is out.
    /// </summary>
    public void AfterSend(ILoopWork work)
    {
        AssertCurrent();
        _afterSend.Add(work);
    }

    /// <summary>Runs <paramref name="work"/> once at that time, or as soon as it has passed (on the loop).</summary>
    public void RunAt(TimeSpan time, ILoopWork work)
    {
        AssertCurrent();
        _timed.Enqueue(work, time);
    }

    /// <summary>Closes all peers with BYE and close_notify, stops the thread and closes the socket.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _wake.Signal();
        if (!IsCurrent)
            _thread.Join(MaxJoin);
    }

    /// <summary>Takes a TCP connection over (on the loop).</summary>
    internal void Adopt(TcpArrival arrival)
    {
        AssertCurrent();
        _connections.Adopt(Now, arrival, _peers);
    }

    /// <summary>Passes an exception to <see cref="OnFault"/> (on the loop).</summary>
    internal void Report(Exception exception)
    {
        try
        {
            OnFault?.Invoke(exception);
        }
        catch (Exception)
        {
            // Whoever listens to faults has one: the loop lives.
        }
    }

    private TimeSpan NextDeadline =>
        _timed.TryPeek(out _, out TimeSpan due) && due < _peers.NextDeadline ? due : _peers.NextDeadline;

    private static ulong NtpTimeAt(DateTimeOffset time)
    {
        // NTP counts from 1900: 2,208,988,800 seconds before Unix time (RFC 5905 6).
        const ulong NtpToUnixSeconds = 2_208_988_800;
        var ticks = (ulong)(time - DateTimeOffset.UnixEpoch).Ticks;
        ulong fraction = (ticks % TimeSpan.TicksPerSecond << 32) / TimeSpan.TicksPerSecond;
        return ((ticks / TimeSpan.TicksPerSecond) + NtpToUnixSeconds << 32) | fraction;
    }

    private bool Enqueue(object item)
    {
        if (!_inbox.TryEnqueue(item))
            return false;
        if (!IsCurrent)
            _wake.Signal();
        return true;
    }

    private void Run()
    {
        // The default slack delays every timed wake-up by 50 microseconds.
        LibC.ControlProcess(LibC.PrSetTimerSlack, 1, 0, 0, 0);
        while (!_isStopping)
        {
            TimeSpan before = Now;
            Volatile.Write(ref _idleSinceTicks, before.Ticks);
            bool isReadable = Wait(_inbox.Count + _peers.HandshakesWaiting > 0 ? TimeSpan.Zero : NextDeadline - before);
            Volatile.Write(ref _idleTicks, _idleTicks + (Now - before).Ticks);
            Volatile.Write(ref _idleSinceTicks, 0);

            // A peer that was posted is there when its first check, which came after the answer, is looked at.
            RunCommands(MaxCommandsPerTurn);
            RunTimed(Now);
            if (isReadable)
                ReceiveDatagrams();
            if (_hasReadyConnections)
                _connections.HandleReady(Now, _peers);
            _peers.HandleDeadlines(Now);
            _sender.Flush();
            RunAfterSend();
            if (_peers.HandshakesWaiting > 0)
            {
                _peers.HandleHandshake(Now);
                _sender.Flush();
            }
        }

        Close();
    }

    private unsafe bool Wait(TimeSpan timeout)
    {
        PollDescriptor* descriptors = stackalloc PollDescriptor[3];
        descriptors[0] = new PollDescriptor
        {
            Descriptor = _socket.Descriptor,
            Events = _sender.HasPending ? (short)(LibC.PollIn | LibC.PollOut) : LibC.PollIn,
        };
        descriptors[1] = new PollDescriptor { Descriptor = _wake.Descriptor, Events = LibC.PollIn };
        descriptors[2] = new PollDescriptor { Descriptor = _connections.Descriptor, Events = LibC.PollIn };

        long ticks = Math.Max(0, timeout.Ticks);
        var limit = new TimeSpec
        {
            Seconds = ticks / TimeSpan.TicksPerSecond,
            Nanoseconds = ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick,
        };
        _hasReadyConnections = false;
        if (LibC.Poll(descriptors, 3, &limit, null) <= 0)
            return false;

        _hasReadyConnections = descriptors[2].Returned != 0;

        if (descriptors[1].Returned != 0)
            _wake.Reset();

        // Errors (POLLERR) are taken off the socket by reading it.
        return (descriptors[0].Returned & ~LibC.PollOut) != 0;
    }

    private void ReceiveDatagrams()
    {
        int left = MaxDatagramsPerTurn;
        int count;
        do
        {
            count = _receiver.Receive();
            TimeSpan now = Now;
            for (int i = 0; i < count; i++)
                left -= HandleDatagrams(now, i);
        }
        while (count == DatagramReceiver.BatchSize && left > 0);
    }

    private int HandleDatagrams(TimeSpan now, int index)
    {
        Span<byte> rest = _receiver.GetDatagrams(index, out TransportPath path, out int datagramBytes);
        Volatile.Write(ref _bytesReceived, _bytesReceived + rest.Length);
        int count = 0;
        do
        {
            int byteCount = Math.Min(datagramBytes, rest.Length);
            HandleDatagram(now, path, rest[..byteCount]);
            rest = rest[byteCount..];
            count++;
        }
        while (!rest.IsEmpty);
        return count;
    }

    private void HandleDatagram(TimeSpan now, in TransportPath path, Span<byte> datagram)
    {
        Volatile.Write(ref _datagramsReceived, _datagramsReceived + 1);
        if (Tap?.Invoke(path, datagram) == true || _peers.HandleDatagram(now, path, datagram))
            return;
        Volatile.Write(ref _datagramsDropped, _datagramsDropped + 1);
    }

    private void RunCommands(int limit)
    {
        for (; limit > 0 && _inbox.TryDequeue(out object? item); limit--)
        {
            RunOne(item);
            _peers.PumpTouched();
        }
    }

    private void RunTimed(TimeSpan now)
    {
        while (_timed.TryPeek(out ILoopWork? work, out TimeSpan due) && due <= now)
        {
            _timed.Dequeue();
            RunOne(work);
            _peers.PumpTouched();
        }
    }

    private void RunAfterSend()
    {
        // Work may ask to be run after the next send: that is for the next turn.
        int count = _afterSend.Count;
        for (int i = 0; i < count; i++)
            RunOne(_afterSend[i]);
        _afterSend.RemoveRange(0, count);
    }

    private void RunOne(object item)
    {
        try
        {
            if (item is ILoopWork work)
                work.Run(this);
            else
                ((Action<EventLoop>)item)(this);
        }
        catch (Exception exception)
        {
            Report(exception);
        }
    }

    private void Close()
    {
        // Commands that were accepted run, whatever they are about.
        _inbox.Complete();
        while (_inbox.Count > 0)
            RunCommands(InboxCapacity);

        _peers.CloseAll();
        TimeSpan limit = Now + MaxClosing;
        while (!_sender.Flush() && Now < limit)
            Wait(limit - Now);

        _peers.Dispose();
        _connections.Dispose();
        _sender.Dispose();
        _receiver.Dispose();
        _socket.Dispose();
        _wake.Dispose();
    }

    [Conditional("DEBUG")]
    private void AssertCurrent() => Debug.Assert(IsCurrent, "A peer is touched only on its event loop: Post a command.");
}

/// <summary>Looks at a received datagram; true keeps it.</summary>
internal delegate bool DatagramTap(in TransportPath path, ReadOnlySpan<byte> datagram);
