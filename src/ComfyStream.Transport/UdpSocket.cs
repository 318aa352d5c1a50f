using System.Net;
using System.Net.Sockets;
using ComfyStream.Transport.Interop;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport;

/// <summary>
/// A bound UDP socket that tells with every datagram which local address it hit. Opened by any thread, then owned by one:
/// <see cref="DatagramReceiver"/> and <see cref="DatagramSender"/> do its reading and writing.
/// </summary>
internal sealed unsafe class UdpSocket : IDisposable
{
    // About 20 ms of a gigabit: bursts of key frames of many streams wait in the kernel while a turn is under way.
    private const int KernelBufferBytes = 4 << 20;

    private readonly Socket _socket;

    private UdpSocket(Socket socket, SocketMode mode)
    {
        _socket = socket;
        Mode = mode;
        Descriptor = (int)socket.Handle;
        IsIPv6 = socket.AddressFamily == AddressFamily.InterNetworkV6;
    }

    /// <summary>The file descriptor, valid until Dispose.</summary>
    public int Descriptor { get; }

    /// <summary>How datagrams go to and from the kernel.</summary>
    public SocketMode Mode { get; }

    /// <summary>Whether addresses travel as IPv6 (IPv4 mapped).</summary>
    public bool IsIPv6 { get; }

    /// <summary>Where the socket is bound.</summary>
    public IPEndPoint LocalEndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    /// <summary>Whether the kernel cuts one large send into datagrams (UDP_SEGMENT, Linux 4.18).</summary>
    public bool SupportsSegmentation { get; private set; }

    /// <summary>Whether the kernel gives datagrams of one path and size that follow each other as one (UDP_GRO, Linux 5.0).</summary>
    public bool CoalescesReceived { get; private set; }

    /// <summary>Opens and binds. IPv6Any takes IPv4 too, and becomes IPv4 Any on a machine without IPv6.</summary>
    /// <exception cref="SocketException">The port is in use or the address is not ours.</exception>
    public static UdpSocket Open(IPEndPoint endPoint, SocketMode mode = SocketMode.Segmented)
    {
        if (endPoint.AddressFamily == AddressFamily.InterNetworkV6 && !endPoint.Address.IsIPv4MappedToIPv6)
        {
            try
            {
                return Bind(endPoint, AddressFamily.InterNetworkV6, mode);
            }
            catch (SocketException exception) when (endPoint.Address.Equals(IPAddress.IPv6Any) && LacksIPv6(exception))
            {
                endPoint = new IPEndPoint(IPAddress.Any, endPoint.Port);
            }
        }

        return Bind(new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port), AddressFamily.InterNetwork, mode);
    }

    /// <summary>
    /// Sends messages in order, without blocking, and returns how many the kernel took, as sendmmsg does: -1 when it refused the first
    /// one, for the reason that the last P/Invoke error tells.
    /// </summary>
    public int Send(MessageHeader* messages, int count)
    {
        if (Mode != SocketMode.Plain)
            return LibC.SendMany(Descriptor, messages, (uint)count, LibC.MsgDontWait);

        for (int i = 0; i < count; i++)
        {
            if (LibC.SendOne(Descriptor, &messages[i], LibC.MsgDontWait) < 0)
                return i == 0 ? -1 : i;
        }

        return count;
    }

    /// <summary>Receives what waits, without blocking, and returns how many messages that are, as recvmmsg does: -1 for none.</summary>
    public int Receive(MessageHeader* messages, int count)
    {
        if (Mode != SocketMode.Plain)
            return LibC.ReceiveMany(Descriptor, messages, (uint)count, LibC.MsgDontWait, null);

        for (int i = 0; i < count; i++)
        {
            nint byteCount = LibC.ReceiveOne(Descriptor, &messages[i], LibC.MsgDontWait);
            if (byteCount < 0)
                return i == 0 ? -1 : i;
            messages[i].TransferredBytes = (uint)byteCount;
        }

        return count;
    }

    public void Dispose() => _socket.Dispose();

    private static bool LacksIPv6(SocketException exception) =>
        exception.SocketErrorCode is SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable
            or SocketError.ProtocolNotSupported or SocketError.OperationNotSupported;

    private static UdpSocket Bind(IPEndPoint endPoint, AddressFamily family, SocketMode mode)
    {
        var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            if (family == AddressFamily.InterNetworkV6)
                socket.DualMode = true;
            var result = new UdpSocket(socket, mode);
            result.SetOptions();
            socket.Bind(endPoint);
            return result;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void SetOptions()
    {
        _socket.Blocking = false;

        // The forced form passes net.core.rmem_max but needs CAP_NET_ADMIN; the plain one is cut to the limit without an error.
        if (!TrySet(LibC.SolSocket, LibC.SoRcvBufForce, KernelBufferBytes))
            _socket.ReceiveBufferSize = KernelBufferBytes;
        if (!TrySet(LibC.SolSocket, LibC.SoSndBufForce, KernelBufferBytes))
            _socket.SendBufferSize = KernelBufferBytes;

        bool tellsLocalAddress = IsIPv6
            ? TrySet(LibC.SolIpv6, LibC.Ipv6RecvPktInfo, 1)
            : TrySet(LibC.SolIp, LibC.IpPktInfo, 1);
        if (!tellsLocalAddress)
            throw new SocketException((int)SocketError.OperationNotSupported, "The kernel does not tell which local address a datagram hit (IP_PKTINFO).");

        if (Mode != SocketMode.Segmented)
            return;
        SupportsSegmentation = TrySet(LibC.SolUdp, LibC.UdpSegment, 0);
        CoalescesReceived = TrySet(LibC.SolUdp, LibC.UdpGro, 1);
    }

    private bool TrySet(int level, int option, int value) =>
        LibC.SetSocketOption(Descriptor, level, option, &value, sizeof(int)) == 0;
}
