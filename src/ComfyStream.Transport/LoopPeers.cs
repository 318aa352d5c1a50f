using ComfyStream.Transport.Tcp;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Stun;

namespace ComfyStream.Transport;

/// <summary>
/// The peers of one event loop: gives each its datagrams and deadlines, sends what it has to send, tells its handler what happened,
/// and takes it off when it has ended. Owned by the loop's thread. An exception of a peer or its handler costs that peer only.
/// </summary>
internal sealed class LoopPeers(EventLoop loop, DatagramSender sender, TcpConnections connections) : IDisposable
{
    // A peer that stays due after its deadline was handled would keep the loop from sleeping.
    private static readonly TimeSpan LeastDeadlineDistance = TimeSpan.FromMilliseconds(1);

    private readonly SessionTable _table = new();
    private readonly DeadlineHeap<PeerSlot> _deadlines = new();
    private readonly List<PeerSlot> _touched = new(64);
    private readonly HandshakeQueue _handshakes = new();
    private int _count;
    private bool _isClosed;

    /// <summary>Number of peers (any thread).</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Datagrams of handshakes that wait for <see cref="HandleHandshake"/>.</summary>
    public int HandshakesWaiting => _handshakes.Count;

    /// <summary>The place of a peer, or null.</summary>
    public PeerSlot? Find(PeerConnection peer) => _table.Find(peer);

    /// <summary>Bytes that wait on TCP connections of a peer.</summary>
    public int TcpBytesWaiting(PeerConnection peer) => _table.Find(peer)?.Connections?.Sum(connection => connection.Queue.Count) ?? 0;

    /// <summary>The earliest deadline; <see cref="TimeSpan.MaxValue"/> for none.</summary>
    public TimeSpan NextDeadline => _deadlines.Next;

    /// <summary>Adds a peer; <see cref="PumpTouched"/> looks at it first.</summary>
    public void Add(PeerConnection peer, IPeerHandler handler)
    {
        if (_isClosed)
            throw new InvalidOperationException("The event loop is closing and takes no more peers.");

        var slot = new PeerSlot(peer, handler);
        _table.Add(slot);
        Volatile.Write(ref _count, _table.Count);
        NoteTouched(slot);
    }

    /// <summary>
    /// Sends what the application gave the peer. Its handler is called only by <see cref="PumpTouched"/>: handlers do not nest.
    /// </summary>
    public void Touch(PeerConnection peer)
    {
        if (_table.Find(peer) is not { } slot)
            return;

        NoteTouched(slot);
        try
        {
            SendTransmits(slot, EventLoop.Now);
            slot.IsDrained = true;
        }
        catch (Exception exception)
        {
            // It must not reach the caller, which may be another peer's handler.
            slot.Fault = exception;
        }
    }

    /// <summary>Finds a peer by its new user fragment from now on.</summary>
    public void NoteUserFragment(PeerConnection peer)
    {
        if (_table.Find(peer) is { } slot)
            _table.NoteUserFragment(slot);
    }

    /// <summary>Gives a datagram to the peer that it is for. False when there is none.</summary>
    public bool HandleDatagram(TimeSpan now, in TransportPath path, Span<byte> datagram)
    {
        DatagramKind kind = DatagramClassifier.Classify(datagram);
        if (kind == DatagramKind.Unknown)
            return false;

        PeerSlot? owner = _table.Find(path);
        ReadOnlySpan<byte> userFragment = default;
        bool namesPeer = kind == DatagramKind.Stun && StunMessage.TryReadUserFragment(datagram, out userFragment);
        // Who restarted ICE is known by the new name, and goes on with the old one on its paths until it hears of that.
        PeerSlot? slot = namesPeer ? _table.Find(userFragment) ?? owner : owner;
        if (slot is null)
            return false;
        if (kind == DatagramKind.Dtls && slot.MayWait)
            return _handshakes.TryAdd(slot, path, datagram);

        HandleDatagram(now, slot, owner, path, datagram);
        return true;
    }

    /// <summary>
    /// Gives the first packet of a TCP connection to the peer that it names. True when that authenticated it: the connection is its own from then on,
    /// and its oldest one that media does not flow on goes where it has too many.
    /// </summary>
    public bool TryAttach(TimeSpan now, TcpConnection connection, Span<byte> packet)
    {
        if (!StunMessage.TryReadUserFragment(packet, out ReadOnlySpan<byte> userFragment) || _table.Find(userFragment) is not { } slot)
            return false;

        connection.Slot = slot;
        slot.Connections ??= new(2);
        slot.Connections.Add(connection);
        HandleDatagram(now, slot, slot, connection.Path, packet);
        if (connection.Slot is null)
            return true;
        if (!slot.Peer.IsValidatedPath(connection.Path))
        {
            slot.Connections.Remove(connection);
            connection.Slot = null;
            return false;
        }

        if (slot.Connections.Count > TcpConnections.MostOfOneSession)
        {
            TransportPath? selected = slot.Peer.GetStatistics().SelectedPath;
            TcpConnection oldest = slot.Connections[slot.Connections[0].Path == selected ? 1 : 0];
            connections.Close(oldest);
            Detach(now, oldest);
        }

        return true;
    }

    /// <summary>Gives a packet of a TCP connection to its peer: the connection has only one, whatever the packet says.</summary>
    public void HandlePacket(TimeSpan now, TcpConnection connection, Span<byte> packet)
    {
        if (connection.Slot is not { } slot)
            return;
        if (DatagramClassifier.Classify(packet) == DatagramKind.Dtls && slot.MayWait)
            _handshakes.TryAdd(slot, connection.Path, packet);
        else
            HandleDatagram(now, slot, slot, connection.Path, packet);
    }

    /// <summary>Tells the peer of a TCP connection that it has ended.</summary>
    public void Detach(TimeSpan now, TcpConnection connection)
    {
        if (connection.Slot is not { } slot)
            return;

        slot.Connections!.Remove(connection);
        connection.Slot = null;
        slot.Peer.RemovePath(now, connection.Path);
        Resume(now, slot);
    }

    /// <summary>Lets a peer go on that something happened to.</summary>
    public void Resume(TimeSpan now, PeerSlot slot)
    {
        try
        {
            Pump(slot, now);
        }
        catch (Exception exception)
        {
            Drop(slot, exception);
        }

        PumpTouched();
    }

    /// <summary>
    /// Gives one datagram of a handshake to its peer: one a turn, so that all else that the loop has to do goes on between them.
    /// </summary>
    public void HandleHandshake(TimeSpan now)
    {
        while (_handshakes.TryTake(out PeerSlot slot, out TransportPath path, out Span<byte> datagram))
        {
            if (slot.IsRemoved)
                continue;
            HandleDatagram(now, slot, slot, path, datagram);
            return;
        }
    }

    /// <summary>Handles the deadlines that are due.</summary>
    public void HandleDeadlines(TimeSpan now)
    {
        while (_deadlines.Next <= now)
        {
            PeerSlot slot = _deadlines.Earliest;
            try
            {
                slot.Peer.HandleDeadline(now);
                Pump(slot, now);
            }
            catch (Exception exception)
            {
                Drop(slot, exception);
            }

            if (slot.Deadline <= now)
                _deadlines.Set(slot, now + LeastDeadlineDistance);
            PumpTouched();
        }
    }

    /// <summary>Finishes with the peers that were touched: events, deadline, end.</summary>
    public void PumpTouched()
    {
        if (_touched.Count == 0)
            return;

        // Handlers may touch more peers meanwhile: they are appended.
        TimeSpan now = EventLoop.Now;
        for (int i = 0; i < _touched.Count; i++)
        {
            PeerSlot slot = _touched[i];
            slot.IsTouched = false;
            if (slot.IsRemoved)
                continue;

            try
            {
                if (slot.Fault is { } fault)
                    Drop(slot, fault);
                else
                    Pump(slot, now, slot.IsDrained);
            }
            catch (Exception exception)
            {
                Drop(slot, exception);
            }
        }

        _touched.Clear();
    }

    /// <summary>Closes all peers, and takes no more.</summary>
    public void CloseAll()
    {
        _isClosed = true;
        foreach (PeerSlot slot in _table.Peers.ToArray())
            CloseAndRemove(slot);
    }

    public void Dispose() => _handshakes.Dispose();

    private void HandleDatagram(TimeSpan now, PeerSlot slot, PeerSlot? owner, in TransportPath path, Span<byte> datagram)
    {
        try
        {
            slot.Peer.HandleDatagram(now, path, datagram);
            if (slot != owner && slot.Peer.IsValidatedPath(path))
                _table.Map(slot, path);
            Pump(slot, now);
        }
        catch (Exception exception)
        {
            Drop(slot, exception);
        }

        PumpTouched();
    }

    private void NoteTouched(PeerSlot slot)
    {
        if (slot.IsTouched)
            return;
        slot.IsTouched = true;
        _touched.Add(slot);
    }

    private void Pump(PeerSlot slot, TimeSpan now, bool isDrained = false)
    {
        PeerConnection peer = slot.Peer;
        slot.IsDrained = false;
        bool hadEvents;
        do
        {
            if (!isDrained)
                SendTransmits(slot, now);
            isDrained = false;
            hadEvents = false;
            while (peer.TryGetEvent(out PeerEvent peerEvent))
            {
                slot.Handler.OnPeerEvent(loop, peer, peerEvent);
                hadEvents = true;
            }
        }
        while (hadEvents);

        if (peer.State is PeerConnectionState.Failed or PeerConnectionState.Closed)
            Remove(slot);
        else
            _deadlines.Set(slot, peer.NextDeadline);
    }

    private void SendTransmits(PeerSlot slot, TimeSpan now)
    {
        Span<byte> buffer = sender.GetBuffer();
        while (slot.Peer.TryGetTransmit(now, buffer, out Transmit transmit))
        {
            if (transmit.Path.Connection != 0)
            {
                connections.Send(now, slot, buffer[..transmit.ByteCount], transmit);
                continue;
            }

            if (slot.SendPath != transmit.Path)
                _table.NoteSendPath(slot, transmit.Path);
            sender.Enqueue(transmit);
            buffer = sender.GetBuffer();
        }
    }

    private void Drop(PeerSlot slot, Exception exception)
    {
        loop.Report(exception);
        if (!slot.IsRemoved)
            CloseAndRemove(slot);
    }

    private void CloseAndRemove(PeerSlot slot)
    {
        try
        {
            TimeSpan now = EventLoop.Now;
            slot.Peer.Close(now);
            SendTransmits(slot, now);
        }
        catch (Exception exception)
        {
            loop.Report(exception);
        }

        Remove(slot);
    }

    private void CloseConnections(PeerSlot slot)
    {
        if (slot.Connections is null)
            return;
        foreach (TcpConnection connection in slot.Connections)
        {
            connection.Slot = null;
            connections.Close(connection);
        }
    }

    private void Remove(PeerSlot slot)
    {
        slot.IsRemoved = true;
        _deadlines.Remove(slot);
        _table.Remove(slot);
        CloseConnections(slot);
        Volatile.Write(ref _count, _table.Count);
        try
        {
            slot.Handler.OnPeerClosed(loop, slot.Peer);
        }
        catch (Exception exception)
        {
            loop.Report(exception);
        }
        finally
        {
            slot.Peer.Dispose();
        }
    }
}
