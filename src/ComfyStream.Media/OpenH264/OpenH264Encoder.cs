using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace ComfyStream.Media.OpenH264;

/// <summary>
/// Encodes H.264 with libopenh264, for builds of libavcodec without libx264: one picture in, at most one access unit out.
/// Owned by one thread.
/// </summary>
internal sealed unsafe class OpenH264Encoder : IVideoEncoder
{
    private const int CameraRealTime = 0;
    private const int BitRateMode = 1;
    private const int LowComplexity = 0;
    private const int ConstantParameterSetId = 0;
    private const int BaselineProfile = 66;
    private const int SingleSlice = 0;
    private const int I420 = 23;
    private const int UnspecifiedVideoFormat = 5;
    private const int Bt709 = 1;
    private const int Smpte170M = 6;
    private const int OptionBitRate = 5;
    private const int OptionTraceLevel = 25;
    private const int AllLayers = 4;
    private const int IdrFrame = 1;
    private const int SkippedFrame = 4;

    private readonly EncodedFramePool _frames;
    private readonly VideoEncoderSettings _settings;
    private readonly OpenH264Output* _output;
    private OpenH264Object* _encoder;
    private KeyFrameClock _keyFrames;
    private bool _isBt709;
    private long _pictureCount;
    private int _bitRate;

    public OpenH264Encoder(in VideoEncoderSettings settings, int bitRate, EncodedFramePool frames)
    {
        _settings = settings;
        _frames = frames;
        _bitRate = bitRate;
        _isBt709 = settings.Height >= 720;
        _encoder = Open();
        _output = (OpenH264Output*)NativeMemory.AllocZeroed((nuint)sizeof(OpenH264Output));
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
            OpenH264BitRate target = new() { Layer = AllLayers, BitRate = EffectiveBitRate };
            ThrowIfFailed(_encoder->Functions->SetOption(_encoder, OptionBitRate, &target), "setting the bit rate");
        }
    }

    private int EffectiveBitRate => Math.Max(_bitRate, VideoEncoderSettings.MinBitRate);

    public bool TryEncode(VideoFrame frame, bool forceKeyFrame, [NotNullWhen(true)] out EncodedFrame? encoded)
    {
        if (frame.Width != Width || frame.Height != Height)
            throw new MediaException($"This encoder takes pictures of {Width}x{Height}, not {frame.Width}x{frame.Height}.");
        if (frame.IsBt709 != _isBt709)
            Reopen(frame.IsBt709);
        if (forceKeyFrame || _keyFrames.IsDue(frame.MediaTime))
            ThrowIfFailed(_encoder->Functions->ForceIntraFrame(_encoder, 1, -1), "forcing a key frame");

        Encode(frame);
        encoded = _output->FrameType == SkippedFrame ? null : Take(frame);
        if (encoded is { IsKeyFrame: true })
            _keyFrames.Restart(frame.MediaTime);
        return encoded is not null;
    }

    public void Dispose()
    {
        Close(_encoder);
        _encoder = null;
        NativeMemory.Free(_output);
    }

    private void Encode(VideoFrame frame)
    {
        OpenH264Picture picture = new()
        {
            ColorFormat = I420,
            StrideY = frame.StrideY,
            StrideU = frame.StrideUv,
            StrideV = frame.StrideUv,
            Y = frame.Y,
            U = frame.U,
            V = frame.V,
            Width = Width,
            Height = Height,

            // Counted, not the frame's own time: rate control must not see a stream's clock jump.
            TimestampMilliseconds = (long)(_pictureCount++ * 1000 / _settings.FramesPerSecond),
        };
        ThrowIfFailed(_encoder->Functions->EncodeFrame(_encoder, &picture, _output), "encoding a picture");
    }

    private EncodedFrame? Take(VideoFrame source)
    {
        int byteCount = 0;
        for (int i = 0; i < _output->LayerCount; i++)
            byteCount += LayerData(i).Length;
        if (byteCount == 0)
            return null;

        EncodedFrame encoded = _frames.Rent(byteCount);
        Span<byte> rest = encoded.WritableData;
        for (int i = 0; i < _output->LayerCount; i++)
        {
            LayerData(i).CopyTo(rest);
            rest = rest[LayerData(i).Length..];
        }

        encoded.Codec = MediaCodec.H264;
        encoded.IsKeyFrame = _output->FrameType == IdrFrame;
        (encoded.MediaTime, encoded.FirstArrival, encoded.LastArrival) = (source.MediaTime, source.FirstArrival, source.LastArrival);
        return encoded;
    }

    private ReadOnlySpan<byte> LayerData(int index)
    {
        OpenH264OutputLayer* layer = &_output->FirstLayer + index;
        int byteCount = 0;
        for (int i = 0; i < layer->NalUnitCount; i++)
            byteCount += layer->NalUnitBytes[i];
        return new(layer->Data, byteCount);
    }

    /// <summary>The matrix is written in the parameter sets, which are made once.</summary>
    private void Reopen(bool isBt709)
    {
        _isBt709 = isBt709;
        OpenH264Object* replaced = _encoder;
        _encoder = Open();
        Close(replaced);
    }

    private OpenH264Object* Open()
    {
        OpenH264Object* encoder;
        ThrowIfFailed(OpenH264Library.WelsCreateSVCEncoder(&encoder), "making an encoder");
        try
        {
            int quiet = 0;
            ThrowIfFailed(encoder->Functions->SetOption(encoder, OptionTraceLevel, &quiet), "setting the log level");
            OpenH264Parameters parameters;
            ThrowIfFailed(encoder->Functions->GetDefaultParams(encoder, &parameters), "reading its defaults");
            Fill(ref parameters);
            ThrowIfFailed(encoder->Functions->InitializeExt(encoder, &parameters), $"opening an encoder for {Width}x{Height}");
            return encoder;
        }
        catch
        {
            Close(encoder);
            throw;
        }
    }

    private void Fill(ref OpenH264Parameters parameters)
    {
        parameters.UsageType = CameraRealTime;
        parameters.PictureWidth = Width;
        parameters.PictureHeight = Height;
        parameters.TargetBitRate = EffectiveBitRate;
        parameters.RateControlMode = BitRateMode;
        parameters.MaxFrameRate = (float)_settings.FramesPerSecond;
        parameters.TemporalLayerCount = 1;
        parameters.SpatialLayerCount = 1;
        parameters.ComplexityMode = LowComplexity;
        parameters.IntraPeriod = (uint)KeyFrameClock.Pictures(_settings.FramesPerSecond);
        parameters.ParameterSetStrategy = ConstantParameterSetId;
        parameters.EntropyCodingMode = 0;
        parameters.ThreadCount = 1;

        // Skipping keeps the rate in scenes too rich for it, where the alternative is a queue of late packets.
        parameters.EnableFrameSkip = 1;

        // It would put in key frames that nobody asked for.
        parameters.EnableSceneChangeDetection = 0;
        FillLayer(ref parameters.Layer);
    }

    private void FillLayer(ref OpenH264Layer layer)
    {
        layer.Width = Width;
        layer.Height = Height;
        layer.FrameRate = (float)_settings.FramesPerSecond;
        layer.BitRate = EffectiveBitRate;
        layer.Profile = BaselineProfile;
        layer.SliceMode = SingleSlice;
        layer.HasVideoSignalType = 1;
        layer.VideoFormat = UnspecifiedVideoFormat;
        layer.IsFullRange = 0;
        layer.HasColorDescription = 1;
        layer.ColorPrimaries = layer.TransferCharacteristics = layer.ColorMatrix = (byte)(_isBt709 ? Bt709 : Smpte170M);
    }

    private static void Close(OpenH264Object* encoder)
    {
        if (encoder is null)
            return;
        _ = encoder->Functions->Uninitialize(encoder);
        OpenH264Library.WelsDestroySVCEncoder(encoder);
    }

    private static void ThrowIfFailed(int result, string what)
    {
        if (result != 0)
            throw new MediaException($"libopenh264 failed at {what} (code {result}).");
    }
}
