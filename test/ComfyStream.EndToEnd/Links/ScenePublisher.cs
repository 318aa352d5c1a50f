using ComfyStream.Client;
using ComfyStream.Media;
using ComfyStream.Media.Libav;
using ComfyStream.Media.Opus;
using ComfyStream.Transport;

namespace ComfyStream.EndToEnd.Links;

/// <summary>
/// Publishes the four colours of <see cref="Quadrants"/> with a marker that moves, at 30 pictures a second. Noise in the middle
/// makes it as large as a camera's picture: several packets each. With sound.
/// </summary>
internal sealed class ScenePublisher : IAsyncDisposable
{
    private const int FramesPerSecond = 30;
    private const int VideoBitRate = 1_500_000;
    private const int AudioBitRate = 64_000;
    private const int NoiseLeft = 272, NoiseRight = 368;
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(1.0 / FramesPerSecond);
    private static readonly TimeSpan _soundInterval = TimeSpan.FromMilliseconds(20);

    private readonly WhipPublisher _publisher;
    private readonly CancellationTokenSource _ending = new();
    private readonly Random _random = new(1);
    private readonly Task _publishing;
    private int _sent;

    private ScenePublisher(WhipPublisher publisher)
    {
        _publisher = publisher;
        _publishing = Task.Factory.StartNew(Publish, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Pictures sent.</summary>
    public int FramesSent => Volatile.Read(ref _sent);

    public static async Task<ScenePublisher> StartAsync(string whipUrl)
    {
        var publisher = new WhipPublisher(new ClientOptions { Endpoint = new Uri(whipUrl) });
        await publisher.ConnectAsync();
        return new ScenePublisher(publisher);
    }

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _publishing;
        await _publisher.DisposeAsync();
        _ending.Dispose();
    }

    private void Publish()
    {
        Assert.True(LibavCodecFactory.TryLoad(out LibavCodecFactory? codecs, out string problem), problem);
        using var pictures = new VideoFramePool();
        var coded = new EncodedFramePool();
        using IVideoEncoder video = codecs.CreateVideoEncoder(MediaCodec.H264, Quadrants.Width, Quadrants.Height, FramesPerSecond, VideoBitRate, coded);
        using var audio = new OpusEncoder(AudioBitRate, coded);
        float[] silence = new float[OpusEncoder.SamplesPerFrame * OpusEncoder.ChannelCount];
        int keyFrameWanted = 1;
        _publisher.KeyFrameRequested += () => Volatile.Write(ref keyFrameWanted, 1);

        TimeSpan start = EventLoop.Now;
        for (int picture = 0, sound = 0; ; sound++)
        {
            for (; picture * _interval <= sound * _soundInterval; picture++)
            {
                if (Wait(start + picture * _interval))
                    return;
                VideoFrame frame = pictures.Rent(Quadrants.Width, Quadrants.Height);
                frame.MediaTime = start + picture * _interval;
                Draw(frame, picture);
                if (video.TryEncode(frame, Interlocked.Exchange(ref keyFrameWanted, 0) != 0, out EncodedFrame? encoded))
                {
                    if (_publisher.WriteVideo(encoded!))
                        Interlocked.Increment(ref _sent);
                    encoded!.Release();
                }

                frame.Return();
            }

            if (Wait(start + sound * _soundInterval))
                return;
            EncodedFrame packet = audio.Encode(silence, start + sound * _soundInterval);
            _publisher.WriteAudio(packet);
            packet.Release();
        }
    }

    private bool Wait(TimeSpan until)
    {
        TimeSpan left = until - EventLoop.Now;
        return left > TimeSpan.Zero ? _ending.Token.WaitHandle.WaitOne(left) : _ending.IsCancellationRequested;
    }

    private unsafe void Draw(VideoFrame frame, int number)
    {
        int marker = number * 8 % Quadrants.Width;
        for (int row = 0; row < frame.Height; row++)
        {
            var line = new Span<byte>(frame.Y + row * frame.StrideY, frame.Width);
            bool isLower = row >= frame.Height / 2;
            line[..(frame.Width / 2)].Fill(Luma(isLower ? 2 : 0));
            line[(frame.Width / 2)..].Fill(Luma(isLower ? 3 : 1));
            for (int column = NoiseLeft; column < NoiseRight; column++)
                line[column] = (byte)Math.Clamp(line[column] + _random.Next(-24, 25), 16, 235);
            if (Math.Abs(row - frame.Height / 2) < 12)
                line[marker..Math.Min(marker + 40, frame.Width)].Fill(235);
        }

        for (int row = 0; row < frame.Height / 2; row++)
        {
            var u = new Span<byte>(frame.U + row * frame.StrideUv, frame.Width / 2);
            var v = new Span<byte>(frame.V + row * frame.StrideUv, frame.Width / 2);
            int left = row >= frame.Height / 4 ? 2 : 0;
            (byte leftU, byte leftV) = Chroma(left);
            (byte rightU, byte rightV) = Chroma(left + 1);
            u[..(frame.Width / 4)].Fill(leftU);
            u[(frame.Width / 4)..].Fill(rightU);
            v[..(frame.Width / 4)].Fill(leftV);
            v[(frame.Width / 4)..].Fill(rightV);
            if (Math.Abs(row * 2 - frame.Height / 2) >= 12)
                continue;
            Range shown = (marker / 2)..Math.Min(marker / 2 + 20, frame.Width / 2);
            u[shown].Fill(128);
            v[shown].Fill(128);
        }

        frame.IsBt709 = true;
    }

    // BT.709 in limited range.
    private static byte Luma(int quarter)
    {
        double[] colour = Quadrants.Colours[quarter];
        return (byte)Math.Round(16 + 0.183 * colour[0] + 0.614 * colour[1] + 0.062 * colour[2]);
    }

    private static (byte U, byte V) Chroma(int quarter)
    {
        double[] colour = Quadrants.Colours[quarter];
        return ((byte)Math.Round(128 - 0.101 * colour[0] - 0.339 * colour[1] + 0.439 * colour[2]), (byte)Math.Round(128 + 0.439 * colour[0] - 0.399 * colour[1] - 0.040 * colour[2]));
    }
}
