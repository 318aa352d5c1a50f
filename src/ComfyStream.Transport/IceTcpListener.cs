using System.Net;
using System.Net.Sockets;
using ComfyStream.Transport.Tcp;

namespace ComfyStream.Transport;

/// <summary>
/// Listens for clients whose network blocks UDP (ICE-TCP, RFC 6544, passive), on one port for all event loops: one thread that accepts
/// connections, reads the first frame of each, and hands it to the loop that the user fragment in it names.
/// </summary>
public sealed class IceTcpListener : IDisposable
{
    private static readonly TimeSpan MaxJoin = TimeSpan.FromSeconds(1);

    private readonly TcpDoor _door;
    private readonly IReadOnlyList<EventLoop> _loops;
    private readonly WakeEvent _wake = new();
    private readonly Thread _thread;
    private volatile bool _isStopping;

    /// <summary>Listens, and starts the thread.</summary>
    /// <param name="localEndPoint">Address and TCP port; IPv6Any takes IPv4 too. Port 0: any free one.</param>
    /// <param name="loops">The loops, in the order of the numbers that user fragments name them by (<see cref="WebRtc.Ice.IceCredentials.Create(int)"/>).</param>
    /// <exception cref="SocketException">The port is in use or the address is not ours.</exception>
    public IceTcpListener(IPEndPoint localEndPoint, IReadOnlyList<EventLoop> loops)
    {
        _loops = loops;
        _door = new TcpDoor(localEndPoint, (owner, arrival) => owner < _loops.Count && _loops[owner].Post(arrival));
        LocalEndPoint = _door.LocalEndPoint;
        _thread = new Thread(Run) { Name = "ice-tcp", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Told, on the listener's thread, of every exception that nothing expects; listening goes on.</summary>
    public Action<Exception>? OnFault { get; set; }

    /// <summary>Stops listening and closes the connections that have not been handed over.</summary>
    public void Dispose()
    {
        _isStopping = true;
        _wake.Signal();
        _thread.Join(MaxJoin);
    }

    private void Run()
    {
        while (!_isStopping)
        {
            try
            {
                TimeSpan now = EventLoop.Now;
                if (_door.Turn(now, _door.NextDeadline - now, _wake.Descriptor, static () => EventLoop.Now))
                    _wake.Reset();
            }
            catch (Exception fault)
            {
                OnFault?.Invoke(fault);
            }
        }

        _door.Dispose();
        _wake.Dispose();
    }
}
