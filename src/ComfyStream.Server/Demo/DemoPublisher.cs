using ComfyStream.Client;
using ComfyStream.Media;
using ComfyStream.Media.Libav;
using ComfyStream.Media.Opus;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Demo;

/// <summary>Publishes the demo's scene to this server, by WHIP and over loopback WebRTC like any other publisher.</summary>
/// <param name="http">Trusts this server's certificate.</param>
/// <param name="codecs">Encodes the scene.</param>
/// <param name="loggers">For its log lines.</param>
internal sealed partial class DemoPublisher(HttpClient http, ICodecFactory codecs, ILoggerFactory loggers)
{
    private const int FramesPerSecond = 30;
    private const int VideoBitRate = 2_500_000;
    private const int AudioBitRate = 96_000;
    private const int KeyFrameSeconds = 2;
    private const string PersonResource = "Demo/astronaut.png";
    private static readonly TimeSpan SoundInterval = TimeSpan.FromSeconds((double)OpusEncoder.SamplesPerFrame / OpusEncoder.SampleRate);

    private readonly ILogger _logger = loggers.CreateLogger<DemoPublisher>();

    /// <summary>Publishes until it is cancelled; throws when publishing ends by itself, and the caller starts it again.</summary>
    public async Task RunAsync(Uri whipUrl, CancellationToken cancellationToken)
    {
        await using var publisher = new WhipPublisher(new ClientOptions { Endpoint = whipUrl, HttpClient = http });
        await publisher.ConnectAsync(cancellationToken);
        LogPublishing(DemoScene.Width, DemoScene.Height, FramesPerSecond);

        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                Stream(publisher, cancellationToken);
                ended.SetResult();
            }
#pragma warning disable CA1031 // Handed to the caller, who starts the demo again.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                ended.SetException(failure);
            }
        })
        { Name = "demo", IsBackground = true };
        thread.Start();
        await ended.Task;
    }

    private void Stream(WhipPublisher publisher, CancellationToken cancellationToken)
    {
        var scene = new DemoScene(LoadPerson());
        var sound = new DemoSound();
        using var pictures = new VideoFramePool();
        var coded = new EncodedFramePool();
        using IVideoEncoder video = codecs.CreateVideoEncoder(MediaCodec.H264, DemoScene.Width, DemoScene.Height, FramesPerSecond, VideoBitRate, coded);
        using var audio = new OpusEncoder(AudioBitRate, coded);
        float[] samples = new float[OpusEncoder.SamplesPerFrame * OpusEncoder.ChannelCount];
        int keyFrameWanted = 1;
        publisher.KeyFrameRequested += () => Volatile.Write(ref keyFrameWanted, 1);

        TimeSpan start = EventLoop.Now;
        long picture = 0;
        for (long packet = 0; publisher.State is PeerConnectionState.Connected or PeerConnectionState.Disconnected; packet++)
        {
            TimeSpan soundDue = packet * SoundInterval;
            for (; PictureDue(picture) <= soundDue; picture++)
            {
                if (Wait(start + PictureDue(picture), cancellationToken))
                    return;
                bool forceKeyFrame = Interlocked.Exchange(ref keyFrameWanted, 0) != 0 || picture % (KeyFrameSeconds * FramesPerSecond) == 0;
                SendPicture(publisher, scene, pictures, video, start + PictureDue(picture), PictureDue(picture), forceKeyFrame);
            }

            if (Wait(start + soundDue, cancellationToken))
                return;
            sound.Read(samples);
            EncodedFrame encoded = audio.Encode(samples, start + soundDue);
            publisher.WriteAudio(encoded);
            encoded.Release();
        }

        throw new ConnectionException("The connection to the relay was lost.", publisher.CloseReason);
    }

    private static void SendPicture(
        WhipPublisher publisher, DemoScene scene, VideoFramePool pictures, IVideoEncoder encoder, TimeSpan mediaTime, TimeSpan sceneTime, bool forceKeyFrame)
    {
        VideoFrame frame = pictures.Rent(DemoScene.Width, DemoScene.Height);
        frame.MediaTime = mediaTime;
        scene.Draw(frame, sceneTime.TotalSeconds);
        bool isEncoded = encoder.TryEncode(frame, forceKeyFrame, out EncodedFrame? encoded);
        frame.Return();
        if (!isEncoded)
            return;
        publisher.WriteVideo(encoded!);
        encoded!.Release();
    }

    private static TimeSpan PictureDue(long picture) => TimeSpan.FromTicks(picture * TimeSpan.TicksPerSecond / FramesPerSecond);

    private static bool Wait(TimeSpan until, CancellationToken cancellationToken)
    {
        TimeSpan left = until - EventLoop.Now;
        return left > TimeSpan.Zero ? cancellationToken.WaitHandle.WaitOne(left) : cancellationToken.IsCancellationRequested;
    }

    private static RgbaPicture LoadPerson()
    {
        using Stream resource = typeof(DemoPublisher).Assembly.GetManifestResourceStream(PersonResource)!;
        byte[] file = new byte[resource.Length];
        resource.ReadExactly(file);
        return PictureLoader.Load(file);
    }

    [LoggerMessage(1, LogLevel.Information, "Demo: publishing {Width}x{Height} at {FramesPerSecond} fps with sound")]
    private partial void LogPublishing(int width, int height, int framesPerSecond);
}
