using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Client;
using ComfyStream.Media;
using ComfyStream.Transport;

namespace ComfyStream.Benchmarks.Swapping;

/// <summary>A viewer who keeps every picture, to decode them when all is over and tell by their brightness whose they are.</summary>
internal sealed class WatchedPictures : IAsyncDisposable
{
    private const int SampleStep = 8;

    private readonly EventLoop _loop = new(Loopback.AnyPort, "watching");
    private readonly WhepSubscriber _subscriber;
    private readonly List<EncodedFrame> _pictures = [];

    public WatchedPictures(Uri url) => _subscriber = new WhepSubscriber(Loopback.OptionsFor(url) with { EventLoop = _loop }, Take);

    /// <summary>Pictures that came broken.</summary>
    public long LostCount => _subscriber.PicturesLost;

    public Task ConnectAsync() => _subscriber.ConnectAsync();

    /// <summary>When each picture came, and its mean brightness. The viewer has ended.</summary>
    public List<(TimeSpan Arrival, double Brightness)> Decode(ICodecFactory codecs)
    {
        using var pool = new VideoFramePool();
        using IVideoDecoder decoder = codecs.CreateVideoDecoder(MediaCodec.H264, pool);
        var seen = new List<(TimeSpan, double)>();
        foreach (EncodedFrame picture in _pictures)
        {
            decoder.TryWrite(picture);
            while (decoder.TryRead(out VideoFrame? frame))
            {
                seen.Add((frame!.LastArrival, BrightnessOf(frame)));
                frame.Return();
            }
        }

        return seen;
    }

    public async ValueTask DisposeAsync()
    {
        await _subscriber.DisposeAsync();
        _loop.Dispose();
    }

    private static unsafe double BrightnessOf(VideoFrame frame)
    {
        long sum = 0;
        int count = 0;
        for (int row = 0; row < frame.Height; row += SampleStep)
        {
            for (int column = 0; column < frame.Width; column += SampleStep, count++)
                sum += frame.Y[row * frame.StrideY + column];
        }

        return (double)sum / count;
    }

    private void Take(EncodedFrame frame)
    {
        if (frame.Codec == MediaCodec.Opus)
            return;
        frame.AddReference();
        _pictures.Add(frame);
    }
}
