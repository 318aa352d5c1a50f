using System.Net;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport;

/// <summary>
/// One OS thread that owns a UDP socket, the peers that use it, and their deadlines. Everything that touches its peers runs on it.
/// </summary>
public sealed class EventLoop : IDisposable
{
    /// <summary>Opens the socket and starts the thread.</summary>
    /// <param name="localEndPoint">Address and UDP port to bind to; IPv6Any takes IPv4 too. Port 0: any free one.</param>
    /// <param name="name">The thread's name, such as "net-0".</param>
    /// <exception cref="System.Net.Sockets.SocketException">The port is in use or the address is not ours.</exception>
    public EventLoop(IPEndPoint localEndPoint, string name) => throw new NotImplementedException();

    /// <summary>Where the socket is bound.</summary>
    public IPEndPoint LocalEndPoint => throw new NotImplementedException();

    /// <summary>Monotonic time since the process began (any thread): the <c>now</c> of all peers.</summary>
    public static TimeSpan Now => throw new NotImplementedException();

    /// <summary>Whether the caller runs on this loop.</summary>
    public bool IsCurrent => throw new NotImplementedException();

    /// <summary>Runs <paramref name="command"/> on the loop (any thread). False when the inbox is full or the loop has stopped: it will not run.</summary>
    public bool Post(Action<EventLoop> command) => throw new NotImplementedException();

    /// <summary>Posts a preallocated work item: allocates nothing. Otherwise as the other overload.</summary>
    public bool Post(ILoopWork work) => throw new NotImplementedException();

    /// <summary>Adds a peer (on the loop): datagrams for its user fragment and validated paths reach it from now on.</summary>
    public void Add(PeerConnection peer, IPeerHandler handler) => throw new NotImplementedException();

    /// <summary>
    /// Says that the application gave <paramref name="peer"/> something to do (a frame, a close): what it has to send is sent in this turn (on the loop).
    /// </summary>
    public void Touch(PeerConnection peer) => throw new NotImplementedException();

    /// <summary>Counters of the loop, for statistics (any thread; values may be a turn old).</summary>
    public LoopCounters Counters => throw new NotImplementedException();

    /// <summary>Closes all peers with BYE and close_notify, stops the thread and closes the socket.</summary>
    public void Dispose() => throw new NotImplementedException();
}

/// <summary>Work for an event loop that allocates nothing when posted.</summary>
public interface ILoopWork
{
    /// <summary>Runs on the loop.</summary>
    void Run(EventLoop loop);
}

/// <summary>What a loop has counted since it began.</summary>
/// <param name="DatagramsReceived">Datagrams received.</param>
/// <param name="DatagramsSent">Datagrams (segments counted singly) sent.</param>
/// <param name="BytesReceived">Payload bytes of UDP received.</param>
/// <param name="BytesSent">Payload bytes of UDP sent.</param>
/// <param name="DatagramsDropped">Received datagrams that belong to no peer.</param>
/// <param name="SendFailures">Datagrams that the kernel refused.</param>
/// <param name="Peers">Peers on the loop.</param>
public readonly record struct LoopCounters(
    long DatagramsReceived, long DatagramsSent, long BytesReceived, long BytesSent, long DatagramsDropped, long SendFailures, int Peers);
