using System.Diagnostics.CodeAnalysis;
using ComfyStream.Media.OpenH264;

namespace ComfyStream.Media.Libav;

/// <summary>
/// Codecs from the libraries that are installed: libavcodec decodes; libx264 encodes H.264, else libopenh264; libvpx encodes VP8.
/// Immutable, for any thread.
/// </summary>
public sealed class LibavCodecFactory : ICodecFactory
{
    private const string NoVp8Encoder =
        "There is no VP8 encoder: this libavcodec was built without libvpx. Debian's has it: apt-get install libavcodec59 (12) or libavcodec61 (13).";

    private const string NoH264Encoder =
        "There is no H.264 encoder: this libavcodec has no libx264 and libopenh264.so.7 is not installed. Debian: apt-get install libopenh264-7.";

    private readonly bool _hasX264;

    private LibavCodecFactory()
    {
        _hasX264 = CodecContext.HasEncoder(X264Options.Name);
        string encoder = _hasX264 ? "libx264" : OpenH264Library.IsAvailable ? OpenH264Library.Description : "no H.264 encoder";
        CanEncodeVp8 = CodecContext.HasEncoder(LibvpxOptions.Name);
        Description = $"libavcodec {LibavLibrary.CodecVersion}, {encoder}{(CanEncodeVp8 ? ", libvpx" : "")}";
    }

    /// <summary>What is used, for a start-up line: "libavcodec 59.37.100, libx264, libvpx".</summary>
    public string Description { get; }

    /// <summary>Whether H.264 can be encoded; decoding works without.</summary>
    public bool CanEncode => _hasX264 || OpenH264Library.IsAvailable;

    /// <summary>Whether VP8 can be encoded; decoding works without.</summary>
    public bool CanEncodeVp8 { get; }

    /// <summary>Loads libav; else says in one line what is missing and how to install it.</summary>
    public static bool TryLoad([NotNullWhen(true)] out LibavCodecFactory? factory, out string problem)
    {
        factory = LibavLibrary.TryLoad(out problem) ? new() : null;
        return factory is not null;
    }

    /// <inheritdoc/>
    public IVideoDecoder CreateVideoDecoder(MediaCodec codec, VideoFramePool frames)
    {
        ThrowUnlessVideo(codec);
        return new LibavVideoDecoder(codec, frames);
    }

    /// <inheritdoc/>
    public IVideoEncoder CreateVideoEncoder(MediaCodec codec, int width, int height, double framesPerSecond, int bitRate, EncodedFramePool frames)
    {
        ThrowUnlessVideo(codec);
        VideoEncoderSettings settings = new(width, height, framesPerSecond);
        return codec == MediaCodec.Vp8 ? CreateVp8Encoder(settings, bitRate, frames) : CreateH264Encoder(settings, bitRate, frames);
    }

    private LibavVideoEncoder CreateVp8Encoder(in VideoEncoderSettings settings, int bitRate, EncodedFramePool frames) =>
        CanEncodeVp8
            ? new(LibvpxOptions.Instance, settings, bitRate, frames)
            : throw new MediaException(NoVp8Encoder);

    private IVideoEncoder CreateH264Encoder(in VideoEncoderSettings settings, int bitRate, EncodedFramePool frames)
    {
        if (_hasX264)
            return new LibavVideoEncoder(X264Options.Instance, settings, bitRate, frames);
        if (OpenH264Library.IsAvailable)
            return new OpenH264Encoder(settings, bitRate, frames);
        throw new MediaException(NoH264Encoder);
    }

    private static void ThrowUnlessVideo(MediaCodec codec)
    {
        if (codec is not (MediaCodec.H264 or MediaCodec.Vp8))
            throw new MediaException($"{codec} is not a video codec that is decoded or encoded here; H264 and Vp8 are.");
    }
}
