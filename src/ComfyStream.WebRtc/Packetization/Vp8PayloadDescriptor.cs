using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Packetization;

/// <summary>The descriptor before the VP8 data in each RTP payload (RFC 7741 4.2). What it may leave out is -1.</summary>
internal readonly record struct Vp8PayloadDescriptor
{
    private const int Extended = 0x80;
    private const int NonReference = 0x20;
    private const int PartitionStart = 0x10;
    private const int PartitionMask = 0x07;

    private const int HasPictureId = 0x80;
    private const int HasTemporalBaseIndex = 0x40;
    private const int HasTemporalId = 0x20;
    private const int HasKeyIndex = 0x10;
    private const int IsLongPictureId = 0x80;

    /// <summary>Bytes before the VP8 data.</summary>
    public int LengthBytes { get; private init; }

    /// <summary>N: no other frame refers to this one.</summary>
    public bool IsNonReference { get; private init; }

    /// <summary>S and PID 0: the VP8 data begins with the frame's header.</summary>
    public bool StartsFrame { get; private init; }

    /// <summary>Number of the frame, 7 or 15 bits.</summary>
    public int PictureId { get; private init; }

    /// <summary>7 or 15, 0 without a PictureID.</summary>
    public int PictureIdBits { get; private init; }

    /// <summary>TL0PICIDX: number of the frame's last one of the lowest temporal layer, 8 bits.</summary>
    public int TemporalBaseIndex { get; private init; }

    /// <summary>TID: temporal layer, 0 to 3.</summary>
    public int TemporalId { get; private init; }

    /// <summary>Y: the frame refers to nothing but the lowest temporal layer.</summary>
    public bool IsLayerSync { get; private init; }

    /// <summary>KEYIDX: number of the key frame that the frame builds on, 5 bits.</summary>
    public int KeyIndex { get; private init; }

    /// <summary>Parses the descriptor of a payload. False if it is cut short or nothing follows it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, out Vp8PayloadDescriptor descriptor)
    {
        descriptor = default;
        if (payload.Length < 2)
            return false;

        int first = payload[0];
        int length = 1;
        int extensions = (first & Extended) != 0 ? payload[length++] : 0;
        if (!TryReadPictureId(payload, extensions, ref length, out int pictureId, out int pictureIdBits)
            || !TryReadByte(payload, (extensions & HasTemporalBaseIndex) != 0, ref length, out int temporalBaseIndex)
            || !TryReadByte(payload, (extensions & (HasTemporalId | HasKeyIndex)) != 0, ref length, out int layers)
            || length >= payload.Length)
        {
            return false;
        }

        bool hasTemporalId = (extensions & HasTemporalId) != 0;
        descriptor = new Vp8PayloadDescriptor
        {
            LengthBytes = length,
            IsNonReference = (first & NonReference) != 0,
            StartsFrame = (first & (PartitionStart | PartitionMask)) == PartitionStart,
            PictureId = pictureId,
            PictureIdBits = pictureIdBits,
            TemporalBaseIndex = temporalBaseIndex,
            TemporalId = hasTemporalId ? layers >> 6 : -1,
            IsLayerSync = hasTemporalId && (layers & 0x20) != 0,
            KeyIndex = (extensions & HasKeyIndex) != 0 ? layers & 0x1F : -1,
        };
        return true;
    }

    /// <summary>Writes the descriptor of a frame without layers: S, PID 0 and a PictureID of 15 bits. Takes 4 bytes.</summary>
    public static void Write(Span<byte> destination, bool startsFrame, ushort pictureId)
    {
        destination[0] = (byte)(Extended | (startsFrame ? PartitionStart : 0));
        destination[1] = HasPictureId;
        BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)(IsLongPictureId << 8 | pictureId));
    }

    private static bool TryReadPictureId(ReadOnlySpan<byte> payload, int extensions, ref int length, out int pictureId, out int bits)
    {
        bits = 0;
        if (!TryReadByte(payload, (extensions & HasPictureId) != 0, ref length, out pictureId))
            return false;
        if (pictureId < 0)
            return true;

        bits = 7;
        if ((pictureId & IsLongPictureId) == 0)
            return true;
        if (!TryReadByte(payload, isPresent: true, ref length, out int low))
            return false;
        bits = 15;
        pictureId = (pictureId & 0x7F) << 8 | low;
        return true;
    }

    private static bool TryReadByte(ReadOnlySpan<byte> payload, bool isPresent, ref int length, out int value)
    {
        value = -1;
        if (!isPresent)
            return true;
        if (length >= payload.Length)
            return false;
        value = payload[length++];
        return true;
    }
}
