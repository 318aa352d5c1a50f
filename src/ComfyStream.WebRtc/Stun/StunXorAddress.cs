using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Stun;

/// <summary>The value of XOR-MAPPED-ADDRESS (RFC 8489 section 14.2): the port under the cookie, the address under cookie and transaction.</summary>
internal static class StunXorAddress
{
    public const int MaxBytes = 20;

    private const byte FamilyIPv4 = 1;
    private const byte FamilyIPv6 = 2;
    private const int AddressOffset = 4;
    private const ushort PortMask = (ushort)(StunMessage.MagicCookie >> 16);

    /// <summary>Reads it; <paramref name="mask"/> is the message's cookie and transaction id, 16 bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> value, ReadOnlySpan<byte> mask, out TransportAddress address)
    {
        address = default;
        if (value.Length < AddressOffset)
            return false;

        ReadOnlySpan<byte> masked = value[AddressOffset..];
        if ((value[1], masked.Length) is not ((FamilyIPv4, 4) or (FamilyIPv6, 16)))
            return false;

        Span<byte> bytes = stackalloc byte[16];
        Xor(masked, mask, bytes);
        address = new TransportAddress(bytes[..masked.Length], (ushort)(BinaryPrimitives.ReadUInt16BigEndian(value[2..]) ^ PortMask));
        return true;
    }

    /// <summary>Writes it into at least <see cref="MaxBytes"/> and returns how many bytes it took: 8 for IPv4, 20 for IPv6.</summary>
    public static int Write(in TransportAddress address, ReadOnlySpan<byte> mask, Span<byte> value)
    {
        Span<byte> bytes = stackalloc byte[16];
        int count = address.WriteBytes(bytes);
        value[0] = 0;
        value[1] = count == 4 ? FamilyIPv4 : FamilyIPv6;
        BinaryPrimitives.WriteUInt16BigEndian(value[2..], (ushort)(address.Port ^ PortMask));
        Xor(bytes[..count], mask, value[AddressOffset..]);
        return AddressOffset + count;
    }

    private static void Xor(ReadOnlySpan<byte> source, ReadOnlySpan<byte> mask, Span<byte> destination)
    {
        for (int index = 0; index < source.Length; index++)
            destination[index] = (byte)(source[index] ^ mask[index]);
    }
}
