using ComfyStream.Media;
using ComfyStream.Media.Opus;

namespace ComfyStream.Benchmarks.Camera;

/// <summary>
/// Seconds of a camera's coded picture and sound, made once: so publishing costs next to nothing, and what is measured is the
/// relay. Read-only once made.
/// </summary>
internal sealed class CameraClip
{
    /// <summary>Of a picture of 1280x720, as browsers send it.</summary>
    public const int VideoBitRate = 2_000_000;

    private const int AudioBitRate = 64_000;
    private const int Seconds = 4;

    private CameraClip(int framesPerSecond, IReadOnlyList<EncodedFrame> pictures, IReadOnlyList<EncodedFrame> sound) =>
        (FramesPerSecond, Pictures, Sound) = (framesPerSecond, pictures, sound);

    public int FramesPerSecond { get; }

    public IReadOnlyList<EncodedFrame> Pictures { get; }

    /// <summary>Opus packets of 20 ms.</summary>
    public IReadOnlyList<EncodedFrame> Sound { get; }

    /// <param name="codecs">Makes the encoder.</param>
    /// <param name="width">Of the picture.</param>
    /// <param name="height">Of the picture.</param>
    /// <param name="framesPerSecond">Of the picture.</param>
    /// <param name="bitRate">Of the picture.</param>
    /// <param name="isDark">Whether the room is dark, so that one camera's picture is told from another's by its brightness.</param>
    public static CameraClip Create(ICodecFactory codecs, int width, int height, int framesPerSecond, int bitRate = VideoBitRate, bool isDark = false) =>
        new(framesPerSecond, EncodePictures(codecs, width, height, framesPerSecond, bitRate, isDark), EncodeSound());

    /// <summary>A copy for another camera: publishing writes the time into the frames.</summary>
    public CameraClip Copy()
    {
        var pool = new EncodedFramePool();
        return new CameraClip(FramesPerSecond, [.. Pictures.Select(picture => Copy(pool, picture))], [.. Sound.Select(packet => Copy(pool, packet))]);
    }

    private static EncodedFrame Copy(EncodedFramePool pool, EncodedFrame source)
    {
        EncodedFrame copy = pool.Rent(source.ByteCount);
        source.Data.CopyTo(copy.WritableData);
        (copy.Codec, copy.IsKeyFrame) = (source.Codec, source.IsKeyFrame);
        return copy;
    }

    private static List<EncodedFrame> EncodePictures(ICodecFactory codecs, int width, int height, int framesPerSecond, int bitRate, bool isDark)
    {
        using var raw = new VideoFramePool();
        var coded = new EncodedFramePool();
        using IVideoEncoder encoder = codecs.CreateVideoEncoder(MediaCodec.H264, width, height, framesPerSecond, bitRate, coded);
        var scene = new CameraScene(isDark);
        var pictures = new List<EncodedFrame>();
        int count = Seconds * framesPerSecond;
        for (int i = 0; i < count; i++)
        {
            VideoFrame frame = raw.Rent(width, height);
            frame.MediaTime = TimeSpan.FromSeconds((double)i / framesPerSecond);
            scene.Draw(frame, (double)i / count);
            // The clip repeats: it begins with a key frame.
            bool isEncoded = encoder.TryEncode(frame, forceKeyFrame: i % (2 * framesPerSecond) == 0, out EncodedFrame? encoded);
            frame.Return();
            if (isEncoded)
                pictures.Add(encoded!);
        }

        return pictures;
    }

    private static List<EncodedFrame> EncodeSound()
    {
        var random = new Random(11);
        using var encoder = new OpusEncoder(AudioBitRate, new EncodedFramePool());
        float[] samples = new float[OpusEncoder.SamplesPerFrame * OpusEncoder.ChannelCount];
        var packets = new List<EncodedFrame>();
        for (int i = 0; i < Seconds * 50; i++)
        {
            for (int sample = 0; sample < samples.Length; sample++)
                samples[sample] = 0.2f * MathF.Sin((i * OpusEncoder.SamplesPerFrame + sample / 2) * 0.05f) + 0.02f * (float)random.NextDouble();
            packets.Add(encoder.Encode(samples, TimeSpan.Zero));
        }

        return packets;
    }
}
