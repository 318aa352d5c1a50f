namespace ComfyStream.WebRtc.Packetization;

/// <summary>
/// Puts the payloads of one frame, added in order, together, whatever its codec is. What does not fit the destination is counted
/// but not written, so that an empty destination measures.
/// </summary>
internal ref struct FrameDepacketizer
{
    private readonly PayloadFormat _format;
    private readonly Span<byte> _destination;
    private H264Depacketizer _h264;
    private Vp8Depacketizer _vp8;
    private int _opusBytes;

    public FrameDepacketizer(PayloadFormat format, Span<byte> destination)
    {
        _format = format;
        _destination = destination;
        _h264 = new H264Depacketizer(destination);
        _vp8 = new Vp8Depacketizer(destination);
    }

    /// <summary>Bytes of the frame so far, whether they fitted or not.</summary>
    public readonly int ByteCount => _format switch
    {
        PayloadFormat.H264 => _h264.ByteCount,
        PayloadFormat.Vp8 => _vp8.ByteCount,
        _ => _opusBytes,
    };

    /// <summary>Nothing that was begun is unfinished.</summary>
    public readonly bool IsComplete => _format != PayloadFormat.H264 || _h264.IsComplete;

    /// <summary>Decoding can start here; always true for sound.</summary>
    public readonly bool IsKeyFrame => _format switch
    {
        PayloadFormat.H264 => _h264.IsKeyFrame,
        PayloadFormat.Vp8 => _vp8.IsKeyFrame,
        _ => true,
    };

    /// <summary>Whether a payload surely begins a frame.</summary>
    public static bool StartsFrame(PayloadFormat format, ReadOnlySpan<byte> payload) => format switch
    {
        PayloadFormat.H264 => H264NalUnit.StartsAccessUnit(payload),
        PayloadFormat.Vp8 => Vp8Depacketizer.StartsFrame(payload),
        _ => true,
    };

    /// <summary>Adds a payload. False if it is broken or does not continue the one before: the frame is lost.</summary>
    public bool TryAdd(ReadOnlySpan<byte> payload) => _format switch
    {
        PayloadFormat.H264 => _h264.TryAdd(payload),
        PayloadFormat.Vp8 => _vp8.TryAdd(payload),
        _ => TryAddOpus(payload),
    };

    // RFC 7587 4.2: one Opus packet is one payload.
    private bool TryAddOpus(ReadOnlySpan<byte> payload)
    {
        if (_opusBytes > 0)
            return false;

        _opusBytes = payload.Length;
        if (payload.Length <= _destination.Length)
            payload.CopyTo(_destination);
        return true;
    }
}
