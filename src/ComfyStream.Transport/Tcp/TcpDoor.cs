using System.Net;
using System.Net.Sockets;
using ComfyStream.Transport.Interop;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Stun;

namespace ComfyStream.Transport.Tcp;

/// <summary>
/// Accepts TCP connections and keeps each until its first frame says which event loop it belongs to, or its time is over. Whoever only
/// connects costs this one's thread and not the loops. Owned by one thread; time is passed in.
/// </summary>
internal sealed class TcpDoor : IDisposable
{
    /// <summary>Connections that wait for their first frame; the oldest makes room.</summary>
    public const int MostNewcomers = 512;

    /// <summary>Those of one address: as many as join at once behind one NAT.</summary>
    public const int MostOfOneAddress = 64;

    /// <summary>How long a connection has for its first frame.</summary>
    public static readonly TimeSpan FirstFrameTime = TimeSpan.FromSeconds(5);

    private const int Backlog = 512;
    private const int MostAcceptedPerTurn = 64;

    // What the kernel holds unsent is worth less the longer it waits: this much it takes beyond what is under way.
    private const int UnsentBytes = 64 << 10;

    // Without file descriptors the listening socket stays ready, and nothing can be done about it at once.
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(100);

    private readonly Socket _listener;
    private readonly Func<int, TcpArrival, bool> _handOver;
    private readonly List<Newcomer> _newcomers = [];
    private readonly PollDescriptor[] _descriptors = new PollDescriptor[2 + MostNewcomers];
    private TimeSpan _acceptsFrom;

    /// <param name="endPoint">Address and port; IPv6Any takes IPv4 too, and becomes IPv4 Any on a machine without IPv6.</param>
    /// <param name="handOver">Gives a connection to the loop of that number; false when it cannot be.</param>
    /// <exception cref="SocketException">The port is in use or the address is not ours.</exception>
    public TcpDoor(IPEndPoint endPoint, Func<int, TcpArrival, bool> handOver)
    {
        _handOver = handOver;
        _listener = Open(endPoint);
        LocalEndPoint = (IPEndPoint)_listener.LocalEndPoint!;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Connections that wait for their first frame.</summary>
    public int NewcomerCount => _newcomers.Count;

    /// <summary>When <see cref="Turn"/> has something to do though nothing comes; <see cref="TimeSpan.MaxValue"/> for never.</summary>
    public TimeSpan NextDeadline => _newcomers.Count > 0 ? _newcomers[0].AcceptedAt + FirstFrameTime : TimeSpan.MaxValue;

    /// <summary>
    /// Waits until something comes or <paramref name="wakeDescriptor"/> is readable, at most so long, then does what there is to do.
    /// True when it was woken.
    /// </summary>
    public bool Turn(TimeSpan now, TimeSpan longestWait, int wakeDescriptor, Func<TimeSpan>? clock = null)
    {
        bool isWoken = Wait(longestWait, now >= _acceptsFrom, wakeDescriptor);
        now = clock?.Invoke() ?? now;

        // From the newest on: those that leave do not move those that are yet to be looked at.
        for (int i = _newcomers.Count - 1; i >= 0; i--)
        {
            if (_descriptors[2 + i].Returned != 0 && !TryKeep(_newcomers[i]))
                _newcomers.RemoveAt(i);
        }

        while (_newcomers.Count > 0 && now >= _newcomers[0].AcceptedAt + FirstFrameTime)
            Drop(0);
        if (_descriptors[0].Returned != 0)
            Accept(now);
        return isWoken;
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (Newcomer newcomer in _newcomers)
            newcomer.Dispose();
        _newcomers.Clear();
    }

    private static Socket Open(IPEndPoint endPoint)
    {
        try
        {
            return Listen(endPoint);
        }
        catch (SocketException) when (endPoint.Address.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6)
        {
            return Listen(new IPEndPoint(IPAddress.Any, endPoint.Port));
        }
    }

    private static Socket Listen(IPEndPoint endPoint)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endPoint.AddressFamily == AddressFamily.InterNetworkV6)
                socket.DualMode = true;
            socket.Blocking = false;
            socket.Bind(endPoint);
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private unsafe bool Wait(TimeSpan longest, bool accepts, int wakeDescriptor)
    {
        int count = 2 + _newcomers.Count;
        _descriptors[0] = new PollDescriptor { Descriptor = accepts ? (int)_listener.Handle : -1, Events = LibC.PollIn };
        _descriptors[1] = new PollDescriptor { Descriptor = wakeDescriptor, Events = LibC.PollIn };
        for (int i = 0; i < _newcomers.Count; i++)
            _descriptors[2 + i] = new PollDescriptor { Descriptor = _newcomers[i].Descriptor, Events = LibC.PollIn };

        long ticks = Math.Clamp(longest.Ticks, 0, TimeSpan.TicksPerDay);
        if (!accepts)
            ticks = Math.Min(ticks, AcceptPause.Ticks);
        var limit = new TimeSpec
        {
            Seconds = ticks / TimeSpan.TicksPerSecond,
            Nanoseconds = ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick,
        };
        fixed (PollDescriptor* descriptors = _descriptors)
        {
            if (LibC.Poll(descriptors, (nuint)count, &limit, null) < 0)
                _descriptors.AsSpan(0, count).Clear();
        }

        return _descriptors[1].Returned != 0;
    }

    private bool TryKeep(Newcomer newcomer)
    {
        NewcomerState state = newcomer.Read();
        if (state == NewcomerState.Waiting)
            return true;
        if (state == NewcomerState.Ended || !TryHandOver(newcomer.ToArrival()))
            newcomer.Dispose();
        return false;
    }

    private bool TryHandOver(TcpArrival arrival) =>
        StunMessage.TryReadUserFragment(arrival.FirstFrame, out ReadOnlySpan<byte> userFragment)
        && IceCredentials.TryReadOwner(userFragment, out int owner)
        && _handOver(owner, arrival);

    private void Accept(TimeSpan now)
    {
        for (int i = 0; i < MostAcceptedPerTurn; i++)
        {
            try
            {
                Welcome(_listener.Accept(), now);
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.WouldBlock)
            {
                return;
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                if (_newcomers.Count > 0)
                    Drop(0);
                _acceptsFrom = now + AcceptPause;
                return;
            }
            catch (SocketException)
            {
                // That one was gone before it was accepted.
            }
        }
    }

    private void Welcome(Socket socket, TimeSpan now)
    {
        Newcomer newcomer;
        try
        {
            socket.NoDelay = true;
            socket.SetRawSocketOption(LibC.SolTcp, LibC.TcpNotSentLowWater, BitConverter.GetBytes(UnsentBytes));
            newcomer = new Newcomer(socket, now);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        // Whoever holds many open costs those that came first: an attacker its own, or whoever has waited for longest.
        int oldest = -1, count = 0;
        for (int i = _newcomers.Count - 1; i >= 0; i--)
        {
            if (_newcomers[i].Address == newcomer.Address)
                (oldest, count) = (i, count + 1);
        }

        if (count >= MostOfOneAddress)
            Drop(oldest);
        else if (_newcomers.Count == MostNewcomers)
            Drop(0);
        _newcomers.Add(newcomer);
    }

    private void Drop(int index)
    {
        _newcomers[index].Dispose();
        _newcomers.RemoveAt(index);
    }
}
