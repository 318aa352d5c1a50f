using System.Diagnostics.CodeAnalysis;
using ComfyStream.Media.OpenH264;

namespace ComfyStream.Media.Libav;

/// <summary>
/// Codecs from the libraries that are installed: libavcodec decodes; libx264 encodes, else libopenh264. Immutable, for any thread.
/// </summary>
public sealed class LibavCodecFactory : ICodecFactory
{
    private const string NoEncoder =
        "There is no H.264 encoder: this libavcodec has no libx264 and libopenh264.so.7 is not installed. Debian: apt-get install libopenh264-7.";

    private readonly bool _hasX264;

    private LibavCodecFactory()
    {
        _hasX264 = CodecContext.HasEncoder("libx264"u8);
        string encoder = _hasX264 ? "libx264" : OpenH264Library.IsAvailable ? OpenH264Library.Description : "no H.264 encoder";
        Description = $"libavcodec {LibavLibrary.CodecVersion}, {encoder}";
    }

    /// <summary>What is used, for a start-up line: "libavcodec 59.37.100, libx264".</summary>
    public string Description { get; }

    /// <summary>Whether pictures can be encoded; decoding works without.</summary>
    public bool CanEncode => _hasX264 || OpenH264Library.IsAvailable;

    /// <summary>Loads libav; else says in one line what is missing and how to install it.</summary>
    public static bool TryLoad([NotNullWhen(true)] out LibavCodecFactory? factory, out string problem)
    {
        factory = LibavLibrary.TryLoad(out problem) ? new() : null;
        return factory is not null;
    }

    /// <inheritdoc/>
    public IVideoDecoder CreateVideoDecoder(MediaCodec codec, VideoFramePool frames)
    {
        ThrowUnlessH264(codec);
        return new H264Decoder(frames);
    }

    /// <inheritdoc/>
    public IVideoEncoder CreateVideoEncoder(MediaCodec codec, int width, int height, double framesPerSecond, int bitRate, EncodedFramePool frames)
    {
        ThrowUnlessH264(codec);
        VideoEncoderSettings settings = new(width, height, framesPerSecond);
        if (_hasX264)
            return new X264Encoder(settings, bitRate, frames);
        if (OpenH264Library.IsAvailable)
            return new OpenH264Encoder(settings, bitRate, frames);
        throw new MediaException(NoEncoder);
    }

    private static void ThrowUnlessH264(MediaCodec codec)
    {
        if (codec != MediaCodec.H264)
            throw new MediaException($"{codec} is not a video codec that is decoded or encoded here; H264 is.");
    }
}
