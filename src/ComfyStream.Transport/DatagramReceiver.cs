using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ComfyStream.Transport.Interop;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport;

/// <summary>
/// Receives datagrams in batches into one preallocated native slab, several of one path in one message where the kernel
/// coalesces them. Owned by the event loop's thread; allocates nothing after construction.
/// </summary>
internal sealed unsafe class DatagramReceiver : IDisposable
{
    /// <summary>Messages of one system call.</summary>
    public const int BatchSize = 32;

    /// <summary>Above any datagram of a path with an Ethernet MTU; a longer one is no media.</summary>
    public const int LongestDatagramBytes = 2048;

    // What the kernel coalesces at most. Pages that nothing is written to cost nothing.
    private const int CoalescedSlotBytes = 1 << 16;
    private const int ControlBytes = 96;
    private const int NameBytes = 32;

    // An error that the network left on the socket (ICMP) is reported once and gone; anything that stays is left to the next turn.
    private const int MaxErrorsInARow = 4;

    private readonly UdpSocket _socket;
    private readonly ushort _localPort;
    private readonly bool _isIPv6;
    private byte* _slab;
    private readonly MessageHeader* _messages;
    private readonly IoVector* _vectors;
    private readonly byte* _names;
    private readonly byte* _controls;
    private readonly byte* _data;

    public DatagramReceiver(UdpSocket socket)
    {
        _socket = socket;
        _isIPv6 = socket.IsIPv6;
        _localPort = (ushort)socket.LocalEndPoint.Port;

        const int HeaderBytes = 64 + 16;
        int slotBytes = socket.CoalescesReceived ? CoalescedSlotBytes : LongestDatagramBytes;
        _slab = (byte*)NativeMemory.AllocZeroed(BatchSize, (nuint)(HeaderBytes + NameBytes + ControlBytes + slotBytes));
        _messages = (MessageHeader*)_slab;
        _vectors = (IoVector*)(_messages + BatchSize);
        _names = (byte*)(_vectors + BatchSize);
        _controls = _names + (BatchSize * NameBytes);
        _data = _controls + (BatchSize * ControlBytes);
        for (int i = 0; i < BatchSize; i++)
        {
            _vectors[i] = new IoVector { Base = _data + (i * slotBytes), ByteCount = (nuint)slotBytes };
            _messages[i].Name = _names + (i * NameBytes);
            _messages[i].Vectors = &_vectors[i];
            _messages[i].VectorCount = 1;
            _messages[i].Control = _controls + (i * ControlBytes);
        }
    }

    /// <summary>Receives what waits, at most <see cref="BatchSize"/> messages, without blocking; 0 when there is nothing.</summary>
    public int Receive()
    {
        for (int i = 0; i < BatchSize; i++)
        {
            _messages[i].NameByteCount = NameBytes;
            _messages[i].ControlByteCount = ControlBytes;
        }

        for (int errors = 0; errors < MaxErrorsInARow; errors++)
        {
            int count = _socket.Receive(_messages, BatchSize);
            if (count >= 0)
                return count;
            if (Marshal.GetLastPInvokeError() == LibC.EAgain)
                return 0;
        }

        return 0;
    }

    /// <summary>
    /// The datagrams of message <paramref name="index"/> of the last batch, one after the other, which may be changed in place until the
    /// next <see cref="Receive"/>. Empty when it was an empty datagram, or one that is no media because it is too long.
    /// </summary>
    /// <param name="index">Below what <see cref="Receive"/> returned.</param>
    /// <param name="path">The path of all of them.</param>
    /// <param name="datagramBytes">Size of each but the last, which may be shorter.</param>
    public Span<byte> GetDatagrams(int index, out TransportPath path, out int datagramBytes)
    {
        ref MessageHeader message = ref _messages[index];
        TransportAddress local = ReadControls(ref message, out datagramBytes);
        path = new TransportPath(local, NativeAddress.Read(_isIPv6, new ReadOnlySpan<byte>(message.Name, NameBytes)));
        int byteCount = (int)message.TransferredBytes;
        if (datagramBytes == 0)
            datagramBytes = Math.Max(1, byteCount);
        bool isTooLong = (message.Flags & LibC.MsgTrunc) != 0 || datagramBytes > LongestDatagramBytes;
        return isTooLong ? [] : new Span<byte>(_vectors[index].Base, byteCount);
    }

    public void Dispose()
    {
        NativeMemory.Free(_slab);
        _slab = null;
    }

    /// <summary>Reads what the kernel tells of a message: the local address that it hit, and the size of coalesced datagrams, 0 when it is one.</summary>
    private TransportAddress ReadControls(ref MessageHeader message, out int datagramBytes)
    {
        TransportAddress local = default;
        datagramBytes = 0;
        int length = (int)message.ControlByteCount;
        for (int start = 0; start + sizeof(ControlHeader) <= length;)
        {
            var header = Unsafe.ReadUnaligned<ControlHeader>(message.Control + start);
            int dataStart = start + sizeof(ControlHeader);
            int end = start + (int)header.ByteCount;
            if (end < dataStart || end > length)
                break;

            var data = new ReadOnlySpan<byte>(message.Control + dataStart, end - dataStart);
            if (IsPacketInfo(header, data.Length))
                local = NativeAddress.ReadPacketInfo(_isIPv6, data, _localPort);
            else if (header is { Level: LibC.SolUdp, Type: LibC.UdpGro } && data.Length >= sizeof(int))
                datagramBytes = MemoryMarshal.Read<int>(data);
            start += (int)(header.ByteCount + 7 & ~7u);
        }

        return local;
    }

    private bool IsPacketInfo(in ControlHeader header, int byteCount) => _isIPv6
        ? header is { Level: LibC.SolIpv6, Type: LibC.Ipv6PktInfo } && byteCount >= 20
        : header is { Level: LibC.SolIp, Type: LibC.IpPktInfo } && byteCount >= 12;
}
