using System.Runtime.InteropServices;
using ComfyStream.Transport.Interop;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport.Tcp;

/// <summary>
/// The TCP connections of one event loop: receives what has come on them, sends what their sessions have to send, and ends those that broke.
/// Owned by the loop's thread; allocates nothing per packet. A loop that has none has no more to poll than before.
/// </summary>
/// <remarks>
/// Every connection that is here belongs to a session whose peer has authenticated its first frame. All ways to its end lead
/// through the kernel: it is shut down, found ended, and taken off in <see cref="HandleReady"/>.
/// </remarks>
internal sealed unsafe class TcpConnections : IDisposable
{
    /// <summary>Connections of one session: a browser makes one for each of its addresses and ours.</summary>
    public const int MostOfOneSession = 8;

    private const int ReceiveBytes = 64 << 10;

    private readonly Dictionary<long, TcpConnection> _byId = [];
    private readonly TcpBufferPool _pool = new();
    private Epoll? _epoll;
    private byte[] _received = [];
    private long _lastId;
    private int _count;
    private long _packetsReceived;
    private long _bytesReceived;
    private long _packetsDropped;

    /// <summary>What to poll for readability; -1, which poll ignores, without connections.</summary>
    public int Descriptor => _byId.Count > 0 ? _epoll!.Descriptor : -1;

    /// <summary>Number of connections (any thread).</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Packets received (any thread).</summary>
    public long PacketsReceived => Volatile.Read(ref _packetsReceived);

    /// <summary>Bytes received, lengths included (any thread).</summary>
    public long BytesReceived => Volatile.Read(ref _bytesReceived);

    /// <summary>Packets that were not sent, because the connection's queue was full or it had ended (any thread).</summary>
    public long PacketsDropped => Volatile.Read(ref _packetsDropped);

    /// <summary>Takes a connection over with its first frame, or closes it when that is not one of a session of this loop.</summary>
    public void Adopt(TimeSpan now, TcpArrival arrival, LoopPeers peers)
    {
        TcpConnection connection;
        try
        {
            _epoll ??= new Epoll();
            connection = new TcpConnection(arrival.Socket, ++_lastId, _pool);
        }
        catch
        {
            arrival.Socket.Dispose();
            throw;
        }

        _byId.Add(connection.Path.Connection, connection);
        Volatile.Write(ref _count, _byId.Count);
        if (!_epoll.Add(connection.Descriptor, connection.Path.Connection, LibC.EpollIn) || !peers.TryAttach(now, connection, arrival.FirstFrame))
            Close(connection);
    }

    /// <summary>Receives and sends where the kernel is ready to, once each.</summary>
    public void HandleReady(TimeSpan now, LoopPeers peers)
    {
        int count = _epoll!.Wait();
        for (int i = 0; i < count; i++)
        {
            (long id, uint events) = _epoll.Get(i);
            if (!_byId.TryGetValue(id, out TcpConnection? connection))
                continue;
            if ((events & LibC.EpollOut) != 0)
                HandleWritable(now, connection, peers);

            // An end is found by reading, behind what came before it.
            if ((events & ~LibC.EpollOut) != 0 && !TryReceive(now, connection, peers))
                End(now, connection, peers);
        }
    }

    /// <summary>Sends a session's packets on the connection that they are for, each in its frame; what finds no room is dropped.</summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="slot">The session's place.</param>
    /// <param name="packets">The packets, one behind the other.</param>
    /// <param name="transmit">How they are cut, and their path.</param>
    public void Send(TimeSpan now, PeerSlot slot, ReadOnlySpan<byte> packets, in Transmit transmit)
    {
        TcpConnection? connection = slot.FindConnection(transmit.Path.Connection);
        for (int start = 0; start < packets.Length; start += transmit.SegmentSizeBytes)
        {
            int byteCount = Math.Min(transmit.SegmentSizeBytes, packets.Length - start);
            if (connection is null || !connection.Queue.TryAdd(packets.Slice(start, byteCount)))
                Volatile.Write(ref _packetsDropped, _packetsDropped + 1);
        }

        if (connection is null)
            return;
        if (!connection.AwaitsWritable)
            Flush(connection);
        connection.UpdateCongestion(now);
        if (connection.IsCongested)
            slot.Peer.HoldMedia(connection.Path);
        if (connection.IsStuck(now))
            connection.Reset();
    }

    /// <summary>Closes a connection. What waits is dropped.</summary>
    public void Close(TcpConnection connection)
    {
        _byId.Remove(connection.Path.Connection);
        Volatile.Write(ref _count, _byId.Count);
        connection.Dispose();
    }

    public void Dispose()
    {
        foreach (TcpConnection connection in _byId.Values.ToArray())
            Close(connection);
        _epoll?.Dispose();
    }

    private bool TryReceive(TimeSpan now, TcpConnection connection, LoopPeers peers)
    {
        if (_received.Length == 0)
            _received = GC.AllocateUninitializedArray<byte>(ReceiveBytes);
        nint count;
        fixed (byte* buffer = _received)
            count = LibC.Receive(connection.Descriptor, buffer, ReceiveBytes, LibC.MsgDontWait);
        if (count < 0)
            return Marshal.GetLastPInvokeError() is LibC.EAgain or LibC.EIntr;
        if (count == 0)
            return false;

        Volatile.Write(ref _bytesReceived, _bytesReceived + count);
        Span<byte> input = _received.AsSpan(0, (int)count);
        while (!connection.IsClosed && connection.Reader.TryRead(ref input, out Span<byte> packet))
        {
            Volatile.Write(ref _packetsReceived, _packetsReceived + 1);
            peers.HandlePacket(now, connection, packet);
        }

        return !connection.Reader.IsBroken;
    }

    private void HandleWritable(TimeSpan now, TcpConnection connection, LoopPeers peers)
    {
        Flush(connection);
        if (!connection.UpdateCongestion(now) || connection.Slot is not { } slot)
            return;
        slot.Peer.ReleaseMedia(connection.Path);
        peers.Resume(now, slot);
    }

    // An error is left to the reader, who finds it too: sending comes in the middle of a peer's work.
    private void Flush(TcpConnection connection)
    {
        TcpSendQueue queue = connection.Queue;
        while (queue.Count > 0)
        {
            nint sent;
            fixed (byte* bytes = queue.Bytes)
                sent = LibC.Send(connection.Descriptor, bytes, (nuint)queue.Count, LibC.MsgDontWait | LibC.MsgNoSignal);
            if (sent > 0)
                queue.Remove((int)sent);
            else if (Marshal.GetLastPInvokeError() == LibC.EAgain)
                break;
            else if (Marshal.GetLastPInvokeError() != LibC.EIntr)
                queue.Clear();
        }

        Await(connection, isWritable: queue.Count > 0);
    }

    private void Await(TcpConnection connection, bool isWritable)
    {
        if (connection.AwaitsWritable == isWritable)
            return;
        connection.AwaitsWritable = isWritable;
        _epoll!.Modify(connection.Descriptor, connection.Path.Connection, isWritable ? LibC.EpollIn | LibC.EpollOut : LibC.EpollIn);
    }

    private void End(TimeSpan now, TcpConnection connection, LoopPeers peers)
    {
        if (connection.IsClosed)
            return;
        Close(connection);
        peers.Detach(now, connection);
    }
}
