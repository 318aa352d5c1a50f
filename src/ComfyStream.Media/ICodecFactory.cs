namespace ComfyStream.Media;

/// <summary>Makes decoders and encoders, from whatever library is installed.</summary>
public interface ICodecFactory
{
    /// <summary>Makes a decoder without delay of its own (B-frames are reordered as the stream asks).</summary>
    /// <exception cref="MediaException">The library lacks it.</exception>
    IVideoDecoder CreateVideoDecoder(MediaCodec codec, VideoFramePool frames);

    /// <summary>Makes a zero-latency encoder; Constrained Baseline for H.264, a key frame every 2 s and when forced.</summary>
    /// <exception cref="MediaException">The library lacks it, or refuses the size.</exception>
    IVideoEncoder CreateVideoEncoder(MediaCodec codec, int width, int height, double framesPerSecond, int bitRate, EncodedFramePool frames);
}
