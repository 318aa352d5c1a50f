namespace ComfyStream.WebRtc.Packetization;

/// <summary>
/// Puts the payloads of one VP8 frame, added in order, together (RFC 7741). What does not fit the destination is counted but not
/// written, so that an empty destination measures.
/// </summary>
internal ref struct Vp8Depacketizer(Span<byte> destination)
{
    private const int KeyFrameHeaderBytes = 10;
    private const int StartCodeOffset = 3;

    private readonly Span<byte> _destination = destination;

    private static ReadOnlySpan<byte> KeyFrameStartCode => [0x9D, 0x01, 0x2A];

    /// <summary>Bytes of the frame so far, whether they fitted or not.</summary>
    public int ByteCount { get; private set; }

    /// <summary>Decoding can start here.</summary>
    public bool IsKeyFrame { get; private set; }

    /// <summary>Adds a payload. False if it is broken or does not continue the one before: the frame is lost.</summary>
    public bool TryAdd(scoped ReadOnlySpan<byte> payload)
    {
        if (!Vp8PayloadDescriptor.TryParse(payload, out Vp8PayloadDescriptor descriptor) || descriptor.StartsFrame != (ByteCount == 0))
            return false;

        ReadOnlySpan<byte> data = payload[descriptor.LengthBytes..];
        if (descriptor.StartsFrame && !TryReadFrameTag(data))
            return false;

        if (ByteCount + data.Length <= _destination.Length)
            data.CopyTo(_destination[ByteCount..]);
        ByteCount += data.Length;
        return true;
    }

    /// <summary>Whether a payload surely begins a frame.</summary>
    public static bool StartsFrame(ReadOnlySpan<byte> payload) =>
        Vp8PayloadDescriptor.TryParse(payload, out Vp8PayloadDescriptor descriptor) && descriptor.StartsFrame;

    // RFC 6386 9.1: bit 0 of the frame tag is clear in a key frame, whose header goes on with a start code and the size.
    private bool TryReadFrameTag(scoped ReadOnlySpan<byte> data)
    {
        IsKeyFrame = (data[0] & 1) == 0;
        return !IsKeyFrame || (data.Length >= KeyFrameHeaderBytes && data[StartCodeOffset..].StartsWith(KeyFrameStartCode));
    }
}
