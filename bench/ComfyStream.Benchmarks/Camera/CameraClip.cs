using ComfyStream.Media;
using ComfyStream.Media.Opus;

namespace ComfyStream.Benchmarks.Camera;

/// <summary>
/// Seconds of a camera's coded picture and sound, made once: so publishing costs next to nothing, and what is measured is the
/// relay. Read-only once made.
/// </summary>
internal sealed class CameraClip
{
    /// <summary>Of the picture, as browsers send 720p.</summary>
    public const int VideoBitRate = 2_000_000;

    private const int AudioBitRate = 64_000;
    private const int Seconds = 4;

    private CameraClip(int framesPerSecond, IReadOnlyList<EncodedFrame> pictures, IReadOnlyList<EncodedFrame> sound) =>
        (FramesPerSecond, Pictures, Sound) = (framesPerSecond, pictures, sound);

    public int FramesPerSecond { get; }

    public IReadOnlyList<EncodedFrame> Pictures { get; }

    /// <summary>Opus packets of 20 ms.</summary>
    public IReadOnlyList<EncodedFrame> Sound { get; }

    public static CameraClip Create(ICodecFactory codecs, int width, int height, int framesPerSecond) =>
        new(framesPerSecond, EncodePictures(codecs, width, height, framesPerSecond), EncodeSound());

    private static List<EncodedFrame> EncodePictures(ICodecFactory codecs, int width, int height, int framesPerSecond)
    {
        using var raw = new VideoFramePool();
        var coded = new EncodedFramePool();
        using IVideoEncoder encoder = codecs.CreateVideoEncoder(MediaCodec.H264, width, height, framesPerSecond, VideoBitRate, coded);
        var scene = new CameraScene();
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
