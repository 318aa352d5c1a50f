using System.Buffers.Binary;
using System.Text;

namespace ComfyStream.WebRtc.Rtp;

/// <summary>Writes RTP headers (RFC 3550 5.1). The extension block is made once for a stream: it is the same in every packet.</summary>
internal static class RtpHeaderWriter
{
    private const int MaxOneByteValueBytes = 16;
    private const int MaxOneByteId = 14;

    /// <summary>
    /// Makes the extension block with the mid (RFC 9143 15), as it follows the fixed header. Empty when mid was not negotiated
    /// or does not fit the one-byte form.
    /// </summary>
    public static byte[] MakeExtensionBlock(HeaderExtensionMap extensions, string mid)
    {
        byte[] value = Encoding.UTF8.GetBytes(mid);
        if (extensions.Mid is 0 or > MaxOneByteId || value.Length is 0 or > MaxOneByteValueBytes)
            return [];

        int words = (1 + value.Length + 3) / 4;
        byte[] block = new byte[4 + 4 * words];
        BinaryPrimitives.WriteUInt16BigEndian(block, RtpHeader.OneByteProfile);
        BinaryPrimitives.WriteUInt16BigEndian(block.AsSpan(2), (ushort)words);
        block[4] = (byte)(extensions.Mid << 4 | value.Length - 1);
        value.CopyTo(block, 5);
        return block;
    }

    /// <summary>Writes a header and returns its length: 12 bytes and the extension block.</summary>
    public static int Write(
        Span<byte> destination, bool marker, byte payloadType, ushort sequenceNumber, uint timestamp, uint ssrc, ReadOnlySpan<byte> extensionBlock)
    {
        destination[0] = (byte)(extensionBlock.IsEmpty ? 0x80 : 0x90);
        destination[1] = (byte)(marker ? payloadType | 0x80 : payloadType);
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], sequenceNumber);
        BinaryPrimitives.WriteUInt32BigEndian(destination[4..], timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(destination[8..], ssrc);
        extensionBlock.CopyTo(destination[RtpHeader.FixedLengthBytes..]);
        return RtpHeader.FixedLengthBytes + extensionBlock.Length;
    }
}
