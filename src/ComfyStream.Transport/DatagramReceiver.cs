using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ComfyStream.Transport.Interop;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport;

/// <summary>
/// Receives datagrams in batches (recvmmsg) into one preallocated native slab. Owned by the event loop's thread; allocates nothing
/// after construction.
/// </summary>
internal sealed unsafe class DatagramReceiver : IDisposable
{
    /// <summary>Datagrams of one system call.</summary>
    public const int BatchSize = 32;

    // Above any datagram of a path with an Ethernet MTU; a longer one is truncated by the kernel, counted and dropped.
    private const int SlotBytes = 2048;
    private const int ControlBytes = 64;
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
        _slab = (byte*)NativeMemory.AllocZeroed(BatchSize, (nuint)(HeaderBytes + NameBytes + ControlBytes + SlotBytes));
        _messages = (MessageHeader*)_slab;
        _vectors = (IoVector*)(_messages + BatchSize);
        _names = (byte*)(_vectors + BatchSize);
        _controls = _names + (BatchSize * NameBytes);
        _data = _controls + (BatchSize * ControlBytes);
        for (int i = 0; i < BatchSize; i++)
        {
            _vectors[i] = new IoVector { Base = _data + (i * SlotBytes), ByteCount = SlotBytes };
            _messages[i].Name = _names + (i * NameBytes);
            _messages[i].Vectors = &_vectors[i];
            _messages[i].VectorCount = 1;
            _messages[i].Control = _controls + (i * ControlBytes);
        }
    }

    /// <summary>Receives what waits, at most <see cref="BatchSize"/> datagrams, without blocking; 0 when there is nothing.</summary>
    public int Receive()
    {
        for (int i = 0; i < BatchSize; i++)
        {
            _messages[i].NameByteCount = NameBytes;
            _messages[i].ControlByteCount = ControlBytes;
        }

        for (int errors = 0; errors < MaxErrorsInARow; errors++)
        {
            int count = LibC.ReceiveMany(_socket.Descriptor, _messages, BatchSize, LibC.MsgDontWait, null);
            if (count >= 0)
                return count;
            if (Marshal.GetLastPInvokeError() == LibC.EAgain)
                return 0;
        }

        return 0;
    }

    /// <summary>
    /// Datagram <paramref name="index"/> of the last batch, which may be changed in place until the next <see cref="Receive"/>. Empty
    /// when it was empty, or truncated because no media datagram is that long.
    /// </summary>
    public Span<byte> GetDatagram(int index, out TransportPath path)
    {
        ref MessageHeader message = ref _messages[index];
        path = new TransportPath(
            ReadLocalAddress(ref message),
            NativeAddress.Read(_isIPv6, new ReadOnlySpan<byte>(message.Name, NameBytes)));
        bool isTruncated = (message.Flags & LibC.MsgTrunc) != 0;
        return isTruncated ? [] : new Span<byte>(_vectors[index].Base, (int)message.TransferredBytes);
    }

    public void Dispose()
    {
        NativeMemory.Free(_slab);
        _slab = null;
    }

    // Packet information is the only control message that the socket asks for, so it is the first.
    private TransportAddress ReadLocalAddress(ref MessageHeader message)
    {
        int infoBytes = _isIPv6 ? 20 : 12;
        if (message.ControlByteCount < (nuint)(sizeof(ControlHeader) + infoBytes))
            return default;

        var header = Unsafe.ReadUnaligned<ControlHeader>(message.Control);
        bool isPacketInfo = _isIPv6
            ? header is { Level: LibC.SolIpv6, Type: LibC.Ipv6PktInfo }
            : header is { Level: LibC.SolIp, Type: LibC.IpPktInfo };
        return isPacketInfo
            ? NativeAddress.ReadPacketInfo(_isIPv6, new ReadOnlySpan<byte>(message.Control + sizeof(ControlHeader), infoBytes), _localPort)
            : default;
    }
}
