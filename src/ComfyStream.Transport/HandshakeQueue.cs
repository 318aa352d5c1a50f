using System.Runtime.InteropServices;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport;

/// <summary>
/// Datagrams of handshakes that wait for their turn: each takes libssl up to half a millisecond, so a storm of joins handled as it
/// comes would hold up the pictures of everybody else. Owned by the event loop's thread; allocates nothing after construction.
/// </summary>
internal sealed unsafe class HandshakeQueue : IDisposable
{
    /// <summary>Datagrams held; more than 100 joins that come at once need.</summary>
    public const int Capacity = 512;

    /// <summary>Those of one peer: a flight with certificates that are cut into pieces, and that again.</summary>
    public const int MostOfOnePeer = 16;

    private const int DatagramBytes = DatagramReceiver.LongestDatagramBytes;

    private readonly Entry[] _entries = new Entry[Capacity];
    private byte* _slab = (byte*)NativeMemory.AllocZeroed(Capacity, DatagramBytes);
    private int _first;

    /// <summary>Datagrams that wait.</summary>
    public int Count { get; private set; }

    /// <summary>Takes a copy of a datagram. False when there is no room: the peer sends it again, as DTLS does.</summary>
    public bool TryAdd(PeerSlot slot, in TransportPath path, ReadOnlySpan<byte> datagram)
    {
        if (Count == Capacity || slot.HandshakesWaiting == MostOfOnePeer || datagram.Length > DatagramBytes)
            return false;

        int index = (_first + Count++) % Capacity;
        _entries[index] = new Entry { Slot = slot, Path = path, ByteCount = datagram.Length };
        datagram.CopyTo(At(index));
        slot.HandshakesWaiting++;
        return true;
    }

    /// <summary>Takes the oldest; its bytes stay until the next <see cref="TryAdd"/>.</summary>
    public bool TryTake(out PeerSlot slot, out TransportPath path, out Span<byte> datagram)
    {
        if (Count == 0)
        {
            slot = null!;
            path = default;
            datagram = default;
            return false;
        }

        ref Entry entry = ref _entries[_first];
        slot = entry.Slot;
        path = entry.Path;
        datagram = At(_first)[..entry.ByteCount];
        slot.HandshakesWaiting--;
        entry = default;
        _first = (_first + 1) % Capacity;
        Count--;
        return true;
    }

    public void Dispose()
    {
        NativeMemory.Free(_slab);
        _slab = null;
    }

    private Span<byte> At(int index) => new(_slab + (index * DatagramBytes), DatagramBytes);

    private struct Entry
    {
        public PeerSlot Slot;
        public TransportPath Path;
        public int ByteCount;
    }
}
