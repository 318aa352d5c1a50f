using System.Buffers.Binary;

namespace ComfyStream.Transport.Tcp;

/// <summary>
/// What a TCP connection has yet to give to the kernel, packets in their frames. Bounded: a packet that does not fit is dropped whole, so that
/// the stream never breaks off in one. Holds a buffer of the pool only while something waits, which for a peer that keeps up is the moment of
/// sending. Owned by the event loop's thread.
/// </summary>
internal sealed class TcpSendQueue(TcpBufferPool pool)
{
    /// <summary>A second of 2 Mbit/s.</summary>
    public const int CapacityBytes = TcpBufferPool.BufferBytes;

    private byte[]? _buffer;
    private int _start;
    private int _end;

    /// <summary>Bytes that wait, lengths included.</summary>
    public int Count => _end - _start;

    /// <summary>The bytes that wait, oldest first.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.AsSpan(_start, Count);

    /// <summary>Adds a packet in its frame. False when there is no room for all of it.</summary>
    public bool TryAdd(ReadOnlySpan<byte> packet)
    {
        int byteCount = StreamFrameReader.LengthBytes + packet.Length;
        if (packet.Length > ushort.MaxValue || Count + byteCount > CapacityBytes)
            return false;

        _buffer ??= pool.Rent();
        if (_end + byteCount > CapacityBytes)
            MoveToStart();
        Span<byte> place = _buffer.AsSpan(_end, byteCount);
        BinaryPrimitives.WriteUInt16BigEndian(place, (ushort)packet.Length);
        packet.CopyTo(place[StreamFrameReader.LengthBytes..]);
        _end += byteCount;
        return true;
    }

    /// <summary>Takes the oldest bytes off, which the kernel has.</summary>
    public void Remove(int byteCount)
    {
        _start += byteCount;
        if (Count == 0)
            Clear();
    }

    /// <summary>Forgets what waits.</summary>
    public void Clear()
    {
        if (_buffer is not null)
            pool.Return(_buffer);
        _buffer = null;
        _start = 0;
        _end = 0;
    }

    private void MoveToStart()
    {
        Bytes.CopyTo(_buffer);
        _end = Count;
        _start = 0;
    }
}
