using ComfyStream.Transport.Tcp;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.Transport;

/// <summary>A peer's place on its event loop. Owned by the loop's thread.</summary>
internal sealed class PeerSlot(PeerConnection peer, IPeerHandler handler) : DeadlineEntry
{
    /// <summary>Most paths by which datagrams find one peer (browsers with several interfaces and rebinding NATs need a few).</summary>
    public const int MaxPaths = 16;

    public PeerConnection Peer { get; } = peer;

    public IPeerHandler Handler { get; } = handler;

    /// <summary>The user fragment under which the <see cref="SessionTable"/> has it; an ICE restart gives the peer another.</summary>
    public string UserFragment { get; set; } = peer.LocalUserFragment;

    /// <summary>
    /// Whether the paths that the peer sends on become its own. A controlling agent begins: the answers to its checks carry no user
    /// fragment (RFC 8445 7.2.5), only the path tells whose they are.
    /// </summary>
    public bool IsControlling { get; } = peer.Session.IceRole == IceRole.FullControlling;

    /// <summary>Whether the loop has yet to look at it after the work under way.</summary>
    public bool IsTouched { get; set; }

    /// <summary>Whether all that it had to send was sent when it was touched.</summary>
    public bool IsDrained { get; set; }

    /// <summary>An exception met where the peer could not be dropped; it is when the loop looks at it.</summary>
    public Exception? Fault { get; set; }

    /// <summary>
    /// Whether what it gets of a handshake may wait while other datagrams are handled. Not on the side that begins it: that one gets
    /// the other's last flight, and media right behind it, which it must have the keys for.
    /// </summary>
    public bool MayWait => !Peer.IsSecured && Peer.Session.DtlsRole == DtlsRole.Server;

    /// <summary>Its datagrams in the <see cref="HandshakeQueue"/>.</summary>
    public int HandshakesWaiting { get; set; }

    /// <summary>Whether it was taken off the loop.</summary>
    public bool IsRemoved { get; set; }

    /// <summary>The path of the last datagram sent, which is never evicted.</summary>
    public TransportPath SendPath { get; set; }

    /// <summary>Paths in the <see cref="SessionTable"/>, oldest first.</summary>
    public List<TransportPath> Paths { get; } = new(MaxPaths);

    /// <summary>Its TCP connections, oldest first; null before it has had one.</summary>
    public List<TcpConnection>? Connections { get; set; }

    /// <summary>Its TCP connection of that number, or null.</summary>
    public TcpConnection? FindConnection(long id)
    {
        if (Connections is null)
            return null;
        foreach (TcpConnection connection in Connections)
        {
            if (connection.Path.Connection == id)
                return connection;
        }

        return null;
    }
}
