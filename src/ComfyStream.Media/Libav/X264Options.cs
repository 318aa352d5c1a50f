namespace ComfyStream.Media.Libav;

/// <summary>libx264: Constrained Baseline, nothing held back.</summary>
internal sealed class X264Options : ILibavEncoderOptions
{
    private const int HdPixels = 1280 * 720;

    private X264Options()
    {
    }

    public static X264Options Instance { get; } = new();

    public static ReadOnlySpan<byte> Name => "libx264"u8;

    public MediaCodec Codec => MediaCodec.H264;

    public ReadOnlySpan<byte> EncoderName => Name;

    /// <summary>In the parameter sets, which libx264 does not change while it runs.</summary>
    public bool WritesMatrix => true;

    public bool TakesRateWhileRunning => true;

    public void Set(CodecContext codec, in VideoEncoderSettings settings, bool isBt709)
    {
        // Measured for 1280x720 on one core: ultrafast 6 ms, superfast 10 ms, veryfast 18 ms a picture. Below that size
        // superfast costs no more than ultrafast does there, and looks better at the same rate.
        codec.Set("preset"u8, settings.Width * settings.Height >= HdPixels ? "ultrafast"u8 : "superfast"u8);
        codec.Set("tune"u8, "zerolatency"u8);
        codec.Set("profile"u8, "baseline"u8);
        codec.Set("g"u8, KeyFrameClock.Pictures(settings.FramesPerSecond));
        codec.Set("bf"u8, 0);
        codec.Set("sc_threshold"u8, 0);
        codec.Set("forced-idr"u8, 1);

        ReadOnlySpan<byte> standard = isBt709 ? "bt709"u8 : "smpte170m"u8;
        codec.Set("color_range"u8, "tv"u8);
        codec.Set("colorspace"u8, standard);
        codec.Set("color_primaries"u8, standard);
        codec.Set("color_trc"u8, standard);
    }

    /// <summary>The buffer of half a second bounds what a key frame may take, so that it does not stall the senders.</summary>
    public void SetRate(CodecContext codec, in VideoEncoderSettings settings, int bitRate)
    {
        codec.Set("b"u8, bitRate);
        codec.Set("maxrate"u8, bitRate);
        codec.Set("bufsize"u8, bitRate / 2);
    }
}
