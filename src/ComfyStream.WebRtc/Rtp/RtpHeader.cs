using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Rtp;

/// <summary>
/// An RTP header (RFC 3550 5.1) with its extension block (RFC 8285) located but not copied: offsets hold for the packet that
/// was parsed, before and after decryption in place.
/// </summary>
internal readonly struct RtpHeader
{
    /// <summary>Bytes before CSRC list and extensions.</summary>
    public const int FixedLengthBytes = 12;

    /// <summary>"Defined by profile" value of the one-byte extension form (RFC 8285 4.2).</summary>
    public const ushort OneByteProfile = 0xBEDE;

    /// <summary>P in the first byte: the payload ends with padding (RFC 3550 5.1).</summary>
    public const byte PaddingBit = 0x20;

    private const ushort TwoByteProfile = 0x1000;
    private const ushort TwoByteProfileMask = 0xFFF0;
    private const int OneByteStopId = 15;

    private readonly int _extensionOffset;
    private readonly int _extensionLength;
    private readonly ushort _extensionProfile;

    private RtpHeader(ReadOnlySpan<byte> packet, int headerLength, int extensionOffset, int extensionLength)
    {
        HasPadding = (packet[0] & PaddingBit) != 0;
        Marker = (packet[1] & 0x80) != 0;
        PayloadType = (byte)(packet[1] & 0x7F);
        SequenceNumber = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        Timestamp = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
        Ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[8..]);
        LengthBytes = headerLength;
        _extensionOffset = extensionOffset;
        _extensionLength = extensionLength;
        _extensionProfile = extensionOffset == 0 ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(packet[(extensionOffset - 4)..]);
    }

    /// <summary>The payload ends with padding whose last byte counts it.</summary>
    public bool HasPadding { get; }

    /// <summary>Marker bit: end of a picture, or start of a talkspurt.</summary>
    public bool Marker { get; }

    /// <summary>0 to 127.</summary>
    public byte PayloadType { get; }

    /// <summary>As on the wire.</summary>
    public ushort SequenceNumber { get; }

    /// <summary>As on the wire.</summary>
    public uint Timestamp { get; }

    /// <summary>Synchronization source.</summary>
    public uint Ssrc { get; }

    /// <summary>Fixed part, CSRC list and extension block: where the payload starts.</summary>
    public int LengthBytes { get; }

    /// <summary>Parses the header of a packet whose payload may still be encrypted.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out RtpHeader header)
    {
        header = default;
        if (packet.Length < FixedLengthBytes || packet[0] >> 6 != 2)
            return false;

        int length = FixedLengthBytes + 4 * (packet[0] & 0x0F);
        int extensionOffset = 0;
        int extensionLength = 0;
        if ((packet[0] & 0x10) != 0)
        {
            if (packet.Length < length + 4)
                return false;
            extensionOffset = length + 4;
            extensionLength = 4 * BinaryPrimitives.ReadUInt16BigEndian(packet[(length + 2)..]);
            length = extensionOffset + extensionLength;
        }

        if (packet.Length < length)
            return false;

        header = new RtpHeader(packet, length, extensionOffset, extensionLength);
        return true;
    }

    /// <summary>The decrypted packet's payload without its padding; empty for a padding-only packet. False if the padding count is impossible.</summary>
    public bool TryGetPayload(ReadOnlySpan<byte> decryptedPacket, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (decryptedPacket.Length < LengthBytes)
            return false;

        ReadOnlySpan<byte> rest = decryptedPacket[LengthBytes..];
        if (HasPadding)
        {
            int padding = rest.IsEmpty ? 0 : rest[^1];
            if (padding == 0 || padding > rest.Length)
                return false;
            rest = rest[..^padding];
        }

        payload = rest;
        return true;
    }

    /// <summary>Finds an extension element by its negotiated id, in one-byte or two-byte form.</summary>
    public bool TryGetExtension(ReadOnlySpan<byte> packet, int id, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (id == 0 || _extensionLength == 0 || packet.Length < LengthBytes)
            return false;

        ReadOnlySpan<byte> block = packet.Slice(_extensionOffset, _extensionLength);
        if (_extensionProfile == OneByteProfile)
            return TryFindOneByte(block, id, out value);
        return (_extensionProfile & TwoByteProfileMask) == TwoByteProfile && TryFindTwoByte(block, id, out value);
    }

    private static bool TryFindOneByte(ReadOnlySpan<byte> block, int id, out ReadOnlySpan<byte> value)
    {
        value = default;
        for (int offset = 0; offset < block.Length;)
        {
            if (block[offset] == 0)
            {
                offset++;
                continue;
            }

            int elementId = block[offset] >> 4;
            int length = (block[offset] & 0x0F) + 1;
            offset++;
            // Id 15, and id 0 with a length, end the processing of the block (RFC 8285 4.2).
            if (elementId is 0 or OneByteStopId || offset + length > block.Length)
                return false;
            if (elementId == id)
            {
                value = block.Slice(offset, length);
                return true;
            }

            offset += length;
        }

        return false;
    }

    private static bool TryFindTwoByte(ReadOnlySpan<byte> block, int id, out ReadOnlySpan<byte> value)
    {
        value = default;
        for (int offset = 0; offset < block.Length;)
        {
            int elementId = block[offset++];
            if (elementId == 0)
                continue;
            if (offset == block.Length)
                return false;

            int length = block[offset++];
            if (offset + length > block.Length)
                return false;
            if (elementId == id)
            {
                value = block.Slice(offset, length);
                return true;
            }

            offset += length;
        }

        return false;
    }
}
