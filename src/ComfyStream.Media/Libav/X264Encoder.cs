using System.Diagnostics.CodeAnalysis;

namespace ComfyStream.Media.Libav;

/// <summary>
/// Encodes H.264 with libx264 through libavcodec: one picture in, one access unit out, nothing held back. Owned by one thread.
/// </summary>
internal sealed unsafe class X264Encoder : IVideoEncoder
{
    private const int HdPixels = 1280 * 720;

    /// <summary>The time base is this over the rate in thousandths, so that 29.97 and the like keep their value.</summary>
    private const int RateScale = 1000;

    private readonly EncodedFramePool _frames;
    private readonly VideoEncoderSettings _settings;
    private readonly NativePacket _packet;
    private readonly NativeFrame _picture;
    private CodecContext _codec;
    private KeyFrameClock _keyFrames;
    private bool _isBt709;
    private long _pictureCount;
    private int _bitRate;

    public X264Encoder(in VideoEncoderSettings settings, int bitRate, EncodedFramePool frames)
    {
        _settings = settings;
        _frames = frames;
        _bitRate = bitRate;
        _isBt709 = settings.Height >= 720;
        _codec = Open();
        _packet = new();
        _picture = new();
    }

    public int Width => _settings.Width;

    public int Height => _settings.Height;

    public int BitRate
    {
        get => _bitRate;
        set
        {
            if (value == _bitRate)
                return;
            _bitRate = value;
            SetRate(_codec);
        }
    }

    public bool TryEncode(VideoFrame frame, bool forceKeyFrame, [NotNullWhen(true)] out EncodedFrame? encoded)
    {
        if (frame.Width != Width || frame.Height != Height)
            throw new MediaException($"This encoder takes pictures of {Width}x{Height}, not {frame.Width}x{frame.Height}.");
        if (frame.IsBt709 != _isBt709)
            Reopen(frame.IsBt709);

        bool isKeyFrameDue = forceKeyFrame || _keyFrames.IsDue(frame.MediaTime);
        Send(frame, isKeyFrameDue);
        int result = _codec.Receive(_packet);
        if (result == LibavResult.TryAgain)
        {
            encoded = null;
            return false;
        }

        LibavError.ThrowIfNegative(result, "taking an access unit from libx264");
        encoded = Take(frame);
        if (encoded.IsKeyFrame)
            _keyFrames.Restart(frame.MediaTime);
        return true;
    }

    public void Dispose()
    {
        _codec.Dispose();
        _packet.Dispose();
        _picture.Dispose();
    }

    private void Send(VideoFrame frame, bool isKeyFrame)
    {
        _picture.Borrow(frame);
        _picture.Pointer->Pts = _pictureCount++;
        _picture.PictureType = isKeyFrame ? PictureType.I : PictureType.None;
        int result = _codec.Send(_picture);
        _picture.Clear();
        LibavError.ThrowIfNegative(result, "encoding a picture with libx264");
    }

    private EncodedFrame Take(VideoFrame source)
    {
        EncodedFrame encoded = _frames.Rent(_packet.Data.Length);
        _packet.Data.CopyTo(encoded.WritableData);
        encoded.Codec = MediaCodec.H264;
        encoded.IsKeyFrame = _packet.IsKey;
        (encoded.MediaTime, encoded.FirstArrival, encoded.LastArrival) = (source.MediaTime, source.FirstArrival, source.LastArrival);
        _packet.Clear();
        return encoded;
    }

    /// <summary>The matrix is written in the parameter sets, which libx264 does not change while it runs.</summary>
    private void Reopen(bool isBt709)
    {
        _isBt709 = isBt709;
        CodecContext replaced = _codec;
        _codec = Open();
        replaced.Dispose();
    }

    private CodecContext Open()
    {
        CodecContext codec = CodecContext.ForEncoder("libx264"u8);
        try
        {
            codec.SetPictureSize(Width, Height);
            codec.Set("pixel_format"u8, "yuv420p"u8);

            // libx264 takes the rate for its rate control from the time base: pictures are numbered, not timed.
            codec.Set("time_base"u8, new AVRational(RateScale, (int)Math.Round(_settings.FramesPerSecond * RateScale)));

            // Measured for 1280x720 on one core: ultrafast 6 ms, superfast 10 ms, veryfast 18 ms a picture. Below that size
            // superfast costs no more than ultrafast does there, and looks better at the same rate.
            codec.Set("preset"u8, Width * Height >= HdPixels ? "ultrafast"u8 : "superfast"u8);
            codec.Set("tune"u8, "zerolatency"u8);
            codec.Set("profile"u8, "baseline"u8);
            codec.Set("threads"u8, 1);
            codec.Set("bf"u8, 0);
            codec.Set("g"u8, KeyFrameClock.Pictures(_settings.FramesPerSecond));
            codec.Set("sc_threshold"u8, 0);
            codec.Set("forced-idr"u8, 1);
            SetColors(codec);
            SetRate(codec);
            codec.Open();
            return codec;
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    private void SetColors(CodecContext codec)
    {
        ReadOnlySpan<byte> standard = _isBt709 ? "bt709"u8 : "smpte170m"u8;
        codec.Set("color_range"u8, "tv"u8);
        codec.Set("colorspace"u8, standard);
        codec.Set("color_primaries"u8, standard);
        codec.Set("color_trc"u8, standard);
    }

    /// <summary>The buffer of half a second bounds what a key frame may take, so that it does not stall the senders.</summary>
    private void SetRate(CodecContext codec)
    {
        int bitRate = Math.Max(_bitRate, VideoEncoderSettings.MinBitRate);
        codec.Set("b"u8, bitRate);
        codec.Set("maxrate"u8, bitRate);
        codec.Set("bufsize"u8, bitRate / 2);
    }
}
