using ComfyStream.Media.H264;
using ComfyStream.Media.Libav;
using ComfyStream.Media.OpenH264;
using ComfyStream.Media.Vp8;

namespace ComfyStream.Media.Tests;

/// <summary>Codecs and pools of one test; checks at its end that nothing leaked.</summary>
internal sealed class Codecs : IDisposable
{
    public const string X264 = "libx264";
    public const string OpenH264 = "libopenh264";

    public const string Libvpx = "libvpx";

    /// <summary>Every encoder that the product can use.</summary>
    public static TheoryData<string> Encoders => [X264, OpenH264, Libvpx];

    /// <summary>Those for H.264.</summary>
    public static TheoryData<string> H264Encoders => [X264, OpenH264];

    public EncodedFramePool EncodedFrames { get; } = new();

    public VideoFramePool Pictures { get; } = new();

    public static LibavCodecFactory Factory { get; } =
        LibavCodecFactory.TryLoad(out LibavCodecFactory? factory, out string problem) ? factory : throw new MediaException(problem);

    public static MediaCodec CodecOf(string encoder) => encoder == Libvpx ? MediaCodec.Vp8 : MediaCodec.H264;

    public IVideoDecoder CreateDecoder(MediaCodec codec = MediaCodec.H264) => Factory.CreateVideoDecoder(codec, Pictures);

    public IVideoEncoder CreateEncoder(string name, int width, int height, double framesPerSecond = 30, int bitRate = 2_000_000)
    {
        Assert.True(Factory.CanEncode);
        VideoEncoderSettings settings = new(width, height, framesPerSecond);
        return name switch
        {
            X264 => new LibavVideoEncoder(X264Options.Instance, settings, bitRate, EncodedFrames),
            Libvpx => new LibavVideoEncoder(LibvpxOptions.Instance, settings, bitRate, EncodedFrames),
            _ => new OpenH264Encoder(settings, bitRate, EncodedFrames),
        };
    }

    /// <summary>Draws and encodes one picture; the caller owns the result.</summary>
    public EncodedFrame Encode(IVideoEncoder encoder, int number, bool forceKeyFrame = false)
    {
        VideoFrame picture = Scene.Draw(Pictures, encoder.Width, encoder.Height, number);
        Assert.True(encoder.TryEncode(picture, forceKeyFrame, out EncodedFrame? encoded));
        picture.Return();
        return encoded!;
    }

    /// <summary>Puts bytes into a frame; the times are those of that picture of the scene.</summary>
    public EncodedFrame Wrap(ReadOnlySpan<byte> accessUnit, int number, MediaCodec codec = MediaCodec.H264)
    {
        EncodedFrame frame = EncodedFrames.Rent(accessUnit.Length);
        accessUnit.CopyTo(frame.WritableData);
        frame.Codec = codec;
        frame.IsKeyFrame = IsKeyFrame(accessUnit, codec);
        frame.MediaTime = Scene.MediaTimeOf(number);
        frame.FirstArrival = frame.MediaTime + TimeSpan.FromMilliseconds(1);
        frame.LastArrival = frame.MediaTime + TimeSpan.FromMilliseconds(2);
        return frame;
    }

    /// <summary>Decodes an access unit and hands each picture on; says whether it was accepted.</summary>
    public bool Decode(
        IVideoDecoder decoder, ReadOnlySpan<byte> accessUnit, int number, Action<VideoFrame> onPicture, MediaCodec codec = MediaCodec.H264)
    {
        EncodedFrame frame = Wrap(accessUnit, number, codec);
        bool isAccepted = decoder.TryWrite(frame);
        frame.Release();
        while (decoder.TryRead(out VideoFrame? picture))
        {
            onPicture(picture!);
            picture!.Return();
        }

        return isAccepted;
    }

    /// <summary>Whether the bytes themselves say that decoding can start there.</summary>
    public static bool IsKeyFrame(ReadOnlySpan<byte> accessUnit, MediaCodec codec) =>
        codec == MediaCodec.Vp8 ? Vp8Frame.IsKeyFrame(accessUnit) : AnnexB.TryFind(accessUnit, NalUnitType.IdrSlice, out _);

    public static SequenceParameterSet ParametersOf(EncodedFrame frame)
    {
        Assert.True(AnnexB.TryFind(frame.Data, NalUnitType.SequenceParameterSet, out ReadOnlySpan<byte> sps));
        Assert.True(SequenceParameterSet.TryParse(sps, out SequenceParameterSet parameters));
        return parameters;
    }

    public static List<NalUnitType> TypesOf(ReadOnlySpan<byte> accessUnit)
    {
        List<NalUnitType> types = [];
        foreach (ReadOnlySpan<byte> unit in AnnexB.EnumerateNalUnits(accessUnit))
            types.Add(AnnexB.TypeOf(unit));
        return types;
    }

    public void Dispose()
    {
        Assert.Equal(0, EncodedFrames.RentedCount);
        Assert.Equal(0, Pictures.RentedCount);
        Pictures.Dispose();
    }
}
