using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ComfyStream.Transport.Interop;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport;

/// <summary>
/// Collects what a turn sends in one preallocated native arena and sends it in batches, several equal segments to one
/// destination as one message where the kernel cuts it (UDP_SEGMENT). Owned by the event loop's thread; allocates nothing after construction.
/// While the kernel takes nothing (its buffer is full), the arena is the bounded queue: what no longer fits is dropped, newest
/// first, and counted; media recovers by retransmission, and what waits longer is worth less.
/// </summary>
internal sealed unsafe class DatagramSender : IDisposable
{
    /// <summary>Room that one transmit may need.</summary>
    public const int MaxTransmitBytes = 64 << 10;

    private const int ArenaBytes = 1 << 20;
    private const int SlotCount = 256;
    private const int NameBytes = 32;

    // Packet information (up to 36 bytes) and UDP_SEGMENT (18), each aligned to 8.
    private const int ControlBytes = 64;
    private const int SegmentControlBytes = 24;

    // The kernel's limits of a segmented send: UDP_MAX_SEGMENTS of older kernels, and 64 KiB with all headers.
    private const int MaxSegments = 64;
    private const int MaxSegmentedBytes = 65000;

    private readonly UdpSocket _socket;
    private readonly ushort[] _segmentSizes = new ushort[SlotCount];
    private byte* _slab;
    private readonly MessageHeader* _messages;
    private readonly IoVector* _vectors;
    private readonly byte* _names;
    private readonly byte* _controls;
    private readonly byte* _arena;
    private readonly byte* _discard;
    private int _arenaUsed;
    private int _first;
    private int _end;
    private long _messagesSent;
    private long _datagramsSent;
    private long _bytesSent;
    private long _failures;

    public DatagramSender(UdpSocket socket)
    {
        _socket = socket;
        IsSegmenting = socket.SupportsSegmentation;

        const int HeaderBytes = 64 + 16 + NameBytes + ControlBytes;
        _slab = (byte*)NativeMemory.AllocZeroed((nuint)((SlotCount * HeaderBytes) + ArenaBytes + MaxTransmitBytes));
        _messages = (MessageHeader*)_slab;
        _vectors = (IoVector*)(_messages + SlotCount);
        _names = (byte*)(_vectors + SlotCount);
        _controls = _names + (SlotCount * NameBytes);
        _arena = _controls + (SlotCount * ControlBytes);
        _discard = _arena + ArenaBytes;
        for (int i = 0; i < SlotCount; i++)
        {
            _messages[i].Name = _names + (i * NameBytes);
            _messages[i].Vectors = &_vectors[i];
            _messages[i].VectorCount = 1;
            _messages[i].Control = _controls + (i * ControlBytes);
        }
    }

    /// <summary>Datagrams that the kernel took, segments counted singly (any thread).</summary>
    public long DatagramsSent => Volatile.Read(ref _datagramsSent);

    /// <summary>Messages that they left in (any thread).</summary>
    public long MessagesSent => Volatile.Read(ref _messagesSent);

    /// <summary>Their payload bytes (any thread).</summary>
    public long BytesSent => Volatile.Read(ref _bytesSent);

    /// <summary>Datagrams that the kernel refused, or that found no room while it took none (any thread).</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Whether the kernel cuts messages into datagrams: as long as no device has refused to.</summary>
    public bool IsSegmenting { get; private set; }

    /// <summary>Whether what is queued is counted and forgotten instead of sent: to measure all that comes before the kernel.</summary>
    public bool ForgetsAll { get; init; }

    /// <summary>Whether something waits for the kernel.</summary>
    public bool HasPending => _first < _end;

    private bool IsFull => _arenaUsed > ArenaBytes - MaxTransmitBytes || _end == SlotCount;

    /// <summary>Room for the next transmit, <see cref="MaxTransmitBytes"/> long: write there, then call <see cref="Enqueue"/>.</summary>
    public Span<byte> GetBuffer()
    {
        if (IsFull)
            Flush();
        return new Span<byte>(IsFull ? _discard : _arena + _arenaUsed, MaxTransmitBytes);
    }

    /// <summary>Queues what was written at the start of the last <see cref="GetBuffer"/>.</summary>
    public void Enqueue(in Transmit transmit)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(transmit.ByteCount, MaxTransmitBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(transmit.ByteCount);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(transmit.SegmentSizeBytes);
        int segmentSize = Math.Min(transmit.SegmentSizeBytes, transmit.ByteCount);
        if (IsFull)
        {
            CountFailures(transmit.ByteCount, segmentSize);
            return;
        }

        // The offset is kept here: a flush in between resets it although the rest of this transmit still lies behind it.
        int start = _arenaUsed;
        int runBytes = IsSegmenting ? segmentSize * Math.Clamp(MaxSegmentedBytes / segmentSize, 1, MaxSegments) : segmentSize;
        for (int offset = 0; offset < transmit.ByteCount; offset += runBytes)
            Append(transmit.Path, _arena + start + offset, Math.Min(runBytes, transmit.ByteCount - offset), segmentSize);
        _arenaUsed = start + ((transmit.ByteCount + 63) & ~63);
    }

    /// <summary>Sends what is queued. False when the kernel took not all of it: call again when the socket is writable.</summary>
    public bool Flush()
    {
        int retried = -1;
        while (_first < _end)
        {
            int sent = ForgetsAll ? _end - _first : _socket.Send(_messages + _first, _end - _first);
            if (sent > 0)
            {
                for (int i = 0; i < sent; i++)
                    CountSent(_vectors[_first + i].ByteCount, _segmentSizes[_first + i]);
                _first += sent;
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error == LibC.EAgain)
                return false;

            // The first error may be an older one that the network left on the socket (ICMP): the message itself deserves a second try.
            if (retried != _first)
                retried = _first;
            else
                GiveUp(_first++, error);
        }

        _first = 0;
        _end = 0;
        _arenaUsed = 0;
        return true;
    }

    public void Dispose()
    {
        NativeMemory.Free(_slab);
        _slab = null;
    }

    private void Append(in TransportPath path, byte* data, int byteCount, int segmentSize)
    {
        if (_end == SlotCount)
            Flush();
        int nameBytes = _end == SlotCount ? 0 : NativeAddress.Write(path.Remote, _socket.IsIPv6, new Span<byte>(_names + (_end * NameBytes), NameBytes));
        if (nameBytes == 0)
        {
            CountFailures(byteCount, segmentSize);
            return;
        }

        int slot = _end++;
        _vectors[slot] = new IoVector { Base = data, ByteCount = (nuint)byteCount };
        _segmentSizes[slot] = (ushort)Math.Min(segmentSize, ushort.MaxValue);
        ref MessageHeader message = ref _messages[slot];
        message.NameByteCount = (uint)nameBytes;
        message.ControlByteCount = (nuint)WriteControl(message.Control, path.Local, byteCount > segmentSize ? segmentSize : 0);
    }

    private int WriteControl(byte* control, in TransportAddress local, int segmentSize)
    {
        int used = 0;
        if (!NativeAddress.IsUnspecified(local))
        {
            byte* data = control + sizeof(ControlHeader);
            int byteCount = sizeof(ControlHeader) + NativeAddress.WritePacketInfo(local, _socket.IsIPv6, new Span<byte>(data, ControlBytes - sizeof(ControlHeader)));
            *(ControlHeader*)control = _socket.IsIPv6
                ? new ControlHeader { ByteCount = (nuint)byteCount, Level = LibC.SolIpv6, Type = LibC.Ipv6PktInfo }
                : new ControlHeader { ByteCount = (nuint)byteCount, Level = LibC.SolIp, Type = LibC.IpPktInfo };
            used = (byteCount + 7) & ~7;
        }

        if (segmentSize > 0)
        {
            *(ControlHeader*)(control + used) = new ControlHeader
            {
                ByteCount = (nuint)(sizeof(ControlHeader) + sizeof(ushort)),
                Level = LibC.SolUdp,
                Type = LibC.UdpSegment,
            };
            Unsafe.WriteUnaligned(control + used + sizeof(ControlHeader), (ushort)segmentSize);
            used += SegmentControlBytes;
        }

        return used;
    }

    // A device without checksum offload answers a segmented send with EIO, a path with a smaller MTU with EINVAL: its segments may
    // pass one by one.
    private void GiveUp(int slot, int error)
    {
        int byteCount = (int)_vectors[slot].ByteCount;
        int segmentSize = _segmentSizes[slot];
        if (byteCount <= segmentSize || error is not (LibC.EIo or LibC.EInval))
        {
            CountFailures(byteCount, segmentSize);
            return;
        }

        if (error == LibC.EIo)
            IsSegmenting = false;

        ref MessageHeader message = ref _messages[slot];
        message.ControlByteCount -= SegmentControlBytes;
        byte* data = _vectors[slot].Base;
        for (int offset = 0; offset < byteCount; offset += segmentSize)
        {
            int length = Math.Min(segmentSize, byteCount - offset);
            _vectors[slot] = new IoVector { Base = data + offset, ByteCount = (nuint)length };
            if (_socket.Send(_messages + slot, 1) == 1)
                CountSent((nuint)length, length);
            else
                CountFailures(length, length);
        }
    }

    private void CountSent(nuint byteCount, int segmentSize)
    {
        Volatile.Write(ref _messagesSent, _messagesSent + 1);
        Volatile.Write(ref _bytesSent, _bytesSent + (long)byteCount);
        Volatile.Write(ref _datagramsSent, _datagramsSent + DatagramCount((int)byteCount, segmentSize));
    }

    private void CountFailures(int byteCount, int segmentSize) =>
        Volatile.Write(ref _failures, _failures + DatagramCount(byteCount, segmentSize));

    private static int DatagramCount(int byteCount, int segmentSize) => (byteCount + segmentSize - 1) / segmentSize;
}
