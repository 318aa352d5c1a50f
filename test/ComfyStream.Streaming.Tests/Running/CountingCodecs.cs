using ComfyStream.Media;
using ComfyStream.Media.Libav;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>The real codecs, counted.</summary>
internal sealed class CountingCodecs : ICodecFactory
{
    private int _decoders;
    private int _encoders;

    public static LibavCodecFactory Real { get; } =
        LibavCodecFactory.TryLoad(out LibavCodecFactory? factory, out string problem) ? factory : throw new MediaException(problem);

    public int Decoders => Volatile.Read(ref _decoders);

    public int Encoders => Volatile.Read(ref _encoders);

    public IVideoDecoder CreateVideoDecoder(MediaCodec codec, VideoFramePool frames)
    {
        Interlocked.Increment(ref _decoders);
        return Real.CreateVideoDecoder(codec, frames);
    }

    public IVideoEncoder CreateVideoEncoder(MediaCodec codec, int width, int height, double framesPerSecond, int bitRate, EncodedFramePool frames)
    {
        Interlocked.Increment(ref _encoders);
        return Real.CreateVideoEncoder(codec, width, height, framesPerSecond, bitRate, frames);
    }
}
