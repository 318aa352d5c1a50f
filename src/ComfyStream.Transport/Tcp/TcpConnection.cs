using System.Net;
using System.Net.Sockets;
using ComfyStream.Transport.Interop;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport.Tcp;

/// <summary>
/// A TCP connection (RFC 6544) of one session: its socket, where its stream of packets stands, and what waits to be sent. Owned by the event
/// loop's thread, from its first frame to its end.
/// </summary>
internal sealed class TcpConnection : IDisposable
{
    /// <summary>With more than this waiting the session's media is held back.</summary>
    public const int CongestedBytes = 128 << 10;

    /// <summary>With no more than this waiting it goes on: something is left to send until then.</summary>
    public const int RelievedBytes = 32 << 10;

    /// <summary>How long media may be held back before the connection is given up: its peer takes less than 80 kbit/s.</summary>
    public static readonly TimeSpan MostCongestion = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private TimeSpan _congestedSince;

    public TcpConnection(Socket socket, long id, TcpBufferPool pool)
    {
        _socket = socket;
        Descriptor = (int)socket.Handle;
        Path = new TransportPath(TransportAddress.From((IPEndPoint)socket.LocalEndPoint!), TransportAddress.From((IPEndPoint)socket.RemoteEndPoint!), id);
        Queue = new TcpSendQueue(pool);
    }

    /// <summary>The file descriptor, valid until Dispose.</summary>
    public int Descriptor { get; }

    /// <summary>Both ends, and the number by which no other connection of the loop goes.</summary>
    public TransportPath Path { get; }

    /// <summary>The session's place on the loop; null before its peer has shown that it knows the password, and after the end.</summary>
    public PeerSlot? Slot { get; set; }

    /// <summary>The packets of the stream.</summary>
    public StreamFrameReader Reader { get; } = new();

    /// <summary>What waits to be sent.</summary>
    public TcpSendQueue Queue { get; }

    /// <summary>Whether the loop is told when the kernel takes more.</summary>
    public bool AwaitsWritable { get; set; }

    /// <summary>Whether it has ended.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Whether so much waits that media is held back.</summary>
    public bool IsCongested { get; private set; }

    /// <summary>Whether it has been congested for too long.</summary>
    public bool IsStuck(TimeSpan now) => IsCongested && now >= _congestedSince + MostCongestion;

    /// <summary>Notes how much waits now. True when that ends a congestion.</summary>
    public bool UpdateCongestion(TimeSpan now)
    {
        if (!IsCongested && Queue.Count > CongestedBytes)
        {
            IsCongested = true;
            _congestedSince = now;
        }
        else if (IsCongested && Queue.Count <= RelievedBytes)
        {
            IsCongested = false;
            return true;
        }

        return false;
    }

    /// <summary>
    /// Breaks the connection: the loop finds it ended, and its peer reset. What the kernel still holds for a peer that takes nothing is dropped.
    /// </summary>
    public unsafe void Reset()
    {
        var linger = new Linger { IsOn = 1, Seconds = 0 };
        LibC.SetSocketOption(Descriptor, LibC.SolSocket, LibC.SoLinger, &linger.IsOn, (uint)sizeof(Linger));
        LibC.ShutDown(Descriptor, LibC.ShutBoth);
    }

    public void Dispose()
    {
        IsClosed = true;
        Queue.Clear();
        _socket.Dispose();
    }
}
