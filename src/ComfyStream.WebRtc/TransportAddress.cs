using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace ComfyStream.WebRtc;

/// <summary>
/// An IP address and UDP or TCP port as a value: 16 address bytes (IPv4 as IPv4-mapped IPv6, RFC 4291 2.5.5.2) and a port,
/// so that ::ffff:192.0.2.1 and 192.0.2.1 are one address and looking a peer up allocates nothing.
/// </summary>
public readonly struct TransportAddress : IEquatable<TransportAddress>
{
    private const ulong MappedPrefix = 0x0000_FFFF_0000_0000;

    private readonly ulong _high;
    private readonly ulong _low;

    /// <summary>Makes an address from 4 (IPv4) or 16 (IPv6) bytes in network order.</summary>
    /// <exception cref="ArgumentException">Another number of bytes.</exception>
    public TransportAddress(ReadOnlySpan<byte> addressBytes, ushort port)
    {
        switch (addressBytes.Length)
        {
            case 4:
                _low = MappedPrefix | BinaryPrimitives.ReadUInt32BigEndian(addressBytes);
                break;
            case 16:
                _high = BinaryPrimitives.ReadUInt64BigEndian(addressBytes);
                _low = BinaryPrimitives.ReadUInt64BigEndian(addressBytes[8..]);
                break;
            default:
                throw new ArgumentException("An IP address has 4 or 16 bytes.", nameof(addressBytes));
        }

        Port = port;
    }

    /// <summary>Port, 0 when unknown.</summary>
    public ushort Port { get; }

    /// <summary>Whether the address is IPv4 (or IPv4-mapped IPv6, which is the same here).</summary>
    public bool IsIPv4 => _high == 0 && (_low & 0xFFFF_FFFF_0000_0000) == MappedPrefix;

    /// <summary>Converts from the base library's type (allocates nothing).</summary>
    public static TransportAddress From(IPAddress address, int port)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out int count);
        return new TransportAddress(bytes[..count], (ushort)port);
    }

    /// <summary>Converts from the base library's type.</summary>
    public static TransportAddress From(IPEndPoint endPoint) => From(endPoint.Address, endPoint.Port);

    /// <summary>Writes 16 bytes, IPv4 as IPv4-mapped IPv6.</summary>
    public void WriteIPv6Bytes(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
    }

    /// <summary>Writes 4 bytes for IPv4, 16 for IPv6, and returns how many.</summary>
    public int WriteBytes(Span<byte> destination)
    {
        if (IsIPv4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)_low);
            return 4;
        }

        WriteIPv6Bytes(destination);
        return 16;
    }

    /// <summary>The address as the base library's type, IPv4 unmapped (allocates; not for the media path).</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[16];
        return new IPAddress(bytes[..WriteBytes(bytes)]);
    }

    /// <summary>The address and port as the base library's type (allocates; not for the media path).</summary>
    public IPEndPoint ToIPEndPoint() => new(ToIPAddress(), Port);

    /// <inheritdoc/>
    public bool Equals(TransportAddress other) => _low == other._low && _high == other._high && Port == other.Port;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TransportAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low, Port);

    /// <summary>Same address and port.</summary>
    public static bool operator ==(TransportAddress left, TransportAddress right) => left.Equals(right);

    /// <summary>Another address or port.</summary>
    public static bool operator !=(TransportAddress left, TransportAddress right) => !left.Equals(right);

    /// <inheritdoc/>
    public override string ToString() => ToIPEndPoint().ToString();
}
