namespace ComfyStream.Media.Libav;

/// <summary>libvpx for VP8: constant rate, nothing held back, no hidden pictures.</summary>
internal sealed class LibvpxOptions : ILibavEncoderOptions
{
    private const int Never = 1_000_000_000;

    private LibvpxOptions()
    {
    }

    public static LibvpxOptions Instance { get; } = new();

    public static ReadOnlySpan<byte> Name => "libvpx"u8;

    public MediaCodec Codec => MediaCodec.Vp8;

    public ReadOnlySpan<byte> EncoderName => Name;

    /// <summary>VP8 knows one matrix (RFC 6386, section 9.2).</summary>
    public bool WritesMatrix => false;

    /// <summary>libavcodec hands the rate to libvpx only when it opens it.</summary>
    public bool TakesRateWhileRunning => false;

    public void Set(CodecContext codec, in VideoEncoderSettings settings, bool isBt709)
    {
        codec.Set("deadline"u8, "realtime"u8);
        codec.Set("cpu-used"u8, 8);

        // Key frames come from outside alone, which is how a new rate finds its moment.
        codec.Set("g"u8, Never);
        codec.Set("lag-in-frames"u8, 0);
        codec.Set("auto-alt-ref"u8, 0);
        codec.Set("error-resilient"u8, "default"u8);
    }

    /// <summary>
    /// libvpx keeps a constant rate when least and most are the same. The buffer is half a second and begins half full; a key
    /// frame may take the bits of a third of a second, so that it does not stall the senders.
    /// </summary>
    public void SetRate(CodecContext codec, in VideoEncoderSettings settings, int bitRate)
    {
        codec.Set("b"u8, bitRate);
        codec.Set("minrate"u8, bitRate);
        codec.Set("maxrate"u8, bitRate);
        codec.Set("bufsize"u8, bitRate / 2);
        codec.Set("rc_init_occupancy"u8, bitRate / 4);
        codec.Set("max-intra-rate"u8, (int)Math.Ceiling(Math.Max(1, settings.FramesPerSecond / 3) * 100));
    }
}
