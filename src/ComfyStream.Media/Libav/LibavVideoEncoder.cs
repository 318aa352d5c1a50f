using System.Diagnostics.CodeAnalysis;

namespace ComfyStream.Media.Libav;

/// <summary>
/// Encodes with one of libavcodec's encoders: one picture in, one access unit out, nothing held back. Owned by one thread.
/// </summary>
internal sealed unsafe class LibavVideoEncoder : IVideoEncoder
{
    /// <summary>The time base is this over the rate in thousandths, so that 29.97 and the like keep their value.</summary>
    private const int RateScale = 1000;

    private readonly ILibavEncoderOptions _options;
    private readonly EncodedFramePool _frames;
    private readonly VideoEncoderSettings _settings;
    private readonly VideoFramePool _convertedFrames = new(keep: 1);
    private readonly NativePacket _packet;
    private readonly NativeFrame _picture;
    private CodecContext _codec;
    private KeyFrameClock _keyFrames;
    private bool _isBt709;
    private bool _isRateStale;
    private long _pictureCount;
    private int _bitRate;

    public LibavVideoEncoder(ILibavEncoderOptions options, in VideoEncoderSettings settings, int bitRate, EncodedFramePool frames)
    {
        _options = options;
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
            if (_options.TakesRateWhileRunning)
                _options.SetRate(_codec, _settings, EffectiveBitRate);
            else
                _isRateStale = true;
        }
    }

    private int EffectiveBitRate => Math.Max(_bitRate, VideoEncoderSettings.MinBitRate);

    public bool TryEncode(VideoFrame frame, bool forceKeyFrame, [NotNullWhen(true)] out EncodedFrame? encoded)
    {
        if (frame.Width != Width || frame.Height != Height)
            throw new MediaException($"This encoder takes pictures of {Width}x{Height}, not {frame.Width}x{frame.Height}.");

        bool isKeyFrameDue = forceKeyFrame || _keyFrames.IsDue(frame.MediaTime);
        if (_options.WritesMatrix && frame.IsBt709 != _isBt709 || _isRateStale && isKeyFrameDue)
            Reopen(frame.IsBt709);
        if (_options.WritesMatrix || !frame.IsBt709)
            Send(frame, isKeyFrameDue);
        else
            SendConverted(frame, isKeyFrameDue);
        int result = _codec.Receive(_packet);
        if (result == LibavResult.TryAgain)
        {
            encoded = null;
            return false;
        }

        LibavError.ThrowIfNegative(result, "taking a coded picture");
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
        _convertedFrames.Dispose();
    }

    private void SendConverted(VideoFrame frame, bool isKeyFrame)
    {
        VideoFrame converted = _convertedFrames.Rent(Width, Height);
        try
        {
            ColorMatrix.ConvertToBt601(frame, converted);
            Send(converted, isKeyFrame);
        }
        finally
        {
            converted.Return();
        }
    }

    private void Send(VideoFrame frame, bool isKeyFrame)
    {
        _picture.Borrow(frame);
        _picture.Pointer->Pts = _pictureCount++;
        _picture.PictureType = isKeyFrame ? PictureType.I : PictureType.None;
        int result = _codec.Send(_picture);
        _picture.Clear();
        LibavError.ThrowIfNegative(result, "encoding a picture");
    }

    private EncodedFrame Take(VideoFrame source)
    {
        EncodedFrame encoded = _frames.Rent(_packet.Data.Length);
        _packet.Data.CopyTo(encoded.WritableData);
        encoded.Codec = _options.Codec;
        encoded.IsKeyFrame = _packet.IsKey;
        (encoded.MediaTime, encoded.FirstArrival, encoded.LastArrival) = (source.MediaTime, source.FirstArrival, source.LastArrival);
        _packet.Clear();
        return encoded;
    }

    /// <summary>A new encoder begins with a key frame.</summary>
    private void Reopen(bool isBt709)
    {
        _isBt709 = isBt709;
        CodecContext replaced = _codec;
        _codec = Open();
        replaced.Dispose();
    }

    private CodecContext Open()
    {
        CodecContext codec = CodecContext.ForEncoder(_options.EncoderName);
        try
        {
            codec.SetPictureSize(Width, Height);
            codec.Set("pixel_format"u8, "yuv420p"u8);

            // The encoders take the rate for their rate control from the time base: pictures are numbered, not timed.
            codec.Set("time_base"u8, new AVRational(RateScale, (int)Math.Round(_settings.FramesPerSecond * RateScale)));
            codec.Set("threads"u8, 1);
            _options.Set(codec, _settings, _isBt709);
            _options.SetRate(codec, _settings, EffectiveBitRate);
            codec.Open();
            _isRateStale = false;
            return codec;
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }
}
