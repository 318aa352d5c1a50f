using System.Buffers.Binary;
using ComfyStream.Transport.Interop;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport;

/// <summary>
/// Transport addresses as the kernel writes them: sockaddr and packet information, in the form of the socket's address family
/// (an IPv6 socket takes IPv4 as mapped addresses).
/// </summary>
internal static class NativeAddress
{
    /// <summary>Room for sockaddr_in6, the larger one.</summary>
    public const int MaxByteCount = 28;

    /// <summary>Writes a sockaddr and returns its byte count; 0 when an IPv4 socket cannot reach the address.</summary>
    public static int Write(in TransportAddress address, bool isIPv6, Span<byte> sockaddr)
    {
        if (!isIPv6 && !address.IsIPv4)
            return 0;

        sockaddr = sockaddr[..(isIPv6 ? 28 : 16)];
        sockaddr.Clear();
        BitConverter.TryWriteBytes(sockaddr, (ushort)(isIPv6 ? LibC.AfInet6 : LibC.AfInet));
        BinaryPrimitives.WriteUInt16BigEndian(sockaddr[2..], address.Port);
        if (isIPv6)
            address.WriteIPv6Bytes(sockaddr[8..]);
        else
            address.WriteBytes(sockaddr[4..]);
        return sockaddr.Length;
    }

    /// <summary>Reads a sockaddr of the socket's family.</summary>
    public static TransportAddress Read(bool isIPv6, ReadOnlySpan<byte> sockaddr)
    {
        ushort port = BinaryPrimitives.ReadUInt16BigEndian(sockaddr[2..]);
        return new TransportAddress(isIPv6 ? sockaddr.Slice(8, 16) : sockaddr.Slice(4, 4), port);
    }

    /// <summary>Writes in_pktinfo or in6_pktinfo, which make a datagram leave from <paramref name="local"/>, and returns the byte count.</summary>
    public static int WritePacketInfo(in TransportAddress local, bool isIPv6, Span<byte> packetInfo)
    {
        int byteCount = isIPv6 ? 20 : 12;
        packetInfo[..byteCount].Clear();
        if (isIPv6)
            local.WriteIPv6Bytes(packetInfo);
        else
            local.WriteBytes(packetInfo[4..]);
        return byteCount;
    }

    /// <summary>Reads the address that a datagram was sent to out of in_pktinfo or in6_pktinfo.</summary>
    public static TransportAddress ReadPacketInfo(bool isIPv6, ReadOnlySpan<byte> packetInfo, ushort port) =>
        new(isIPv6 ? packetInfo[..16] : packetInfo.Slice(8, 4), port);

    /// <summary>Whether the address leaves the choice to the kernel: 0.0.0.0 or ::.</summary>
    public static bool IsUnspecified(in TransportAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        return bytes[..address.WriteBytes(bytes)].IndexOfAnyExcept((byte)0) < 0;
    }
}
