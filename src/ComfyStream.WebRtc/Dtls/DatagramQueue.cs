using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace ComfyStream.WebRtc.Dtls;

/// <summary>
/// Datagrams in order in a fixed piece of memory, each after its size. Its owner empties it after every call into DTLS, so one flight is
/// all it has to hold; what finds no room is dropped and counted.
/// </summary>
internal struct DatagramQueue
{
    private const int CapacityBytes = 4096;
    private const int PrefixBytes = sizeof(ushort);

    private Storage _storage;
    private int _start;
    private int _end;

    /// <summary>Datagrams that found no room.</summary>
    public long DroppedDatagrams { get; private set; }

    public bool TryEnqueue(ReadOnlySpan<byte> datagram)
    {
        if (_start == _end)
            _start = _end = 0;
        var room = ((Span<byte>)_storage)[_end..];
        if (datagram.Length > DtlsTransport.MaxDatagramBytes || PrefixBytes + datagram.Length > room.Length)
        {
            DroppedDatagrams++;
            return false;
        }
        BinaryPrimitives.WriteUInt16LittleEndian(room, (ushort)datagram.Length);
        datagram.CopyTo(room[PrefixBytes..]);
        _end += PrefixBytes + datagram.Length;
        return true;
    }

    /// <summary>Takes the oldest datagram; <paramref name="destination"/> has room for any.</summary>
    public bool TryDequeue(Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        if (_start == _end)
            return false;
        var queued = ((Span<byte>)_storage)[_start.._end];
        byteCount = BinaryPrimitives.ReadUInt16LittleEndian(queued);
        queued.Slice(PrefixBytes, byteCount).CopyTo(destination);
        _start += PrefixBytes + byteCount;
        return true;
    }

    [InlineArray(CapacityBytes)]
    private struct Storage
    {
        private byte _first;
    }
}
