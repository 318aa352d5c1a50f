using System.Collections.Concurrent;
using ComfyStream.Client;
using ComfyStream.EndToEnd.Films;
using ComfyStream.Media;
using ComfyStream.Media.Libav;
using ComfyStream.WebRtc;

namespace ComfyStream.EndToEnd.Control;

/// <summary>A viewer in this process that decodes every picture of a <see cref="Scene"/>, and reads its number and whether it is inverted.</summary>
internal sealed class NumberedViewer : IAsyncDisposable
{
    private const int Bars = Scene.NumberBits + 4;
    private const int Middle = 126;

    private readonly WhepSubscriber _subscriber;
    private readonly VideoFramePool _pictures = new();
    private readonly IVideoDecoder _decoder;
    private readonly ConcurrentQueue<Seen> _seen = [];
    private int _unreadable;

    private NumberedViewer(string whepUrl)
    {
        Assert.True(LibavCodecFactory.TryLoad(out LibavCodecFactory? codecs, out string problem), problem);
        _decoder = codecs.CreateVideoDecoder(MediaCodec.H264, _pictures);
        _subscriber = new WhepSubscriber(new ClientOptions { Endpoint = new Uri(whepUrl), VideoCodecs = [MediaCodec.H264] }, Take);
    }

    public string Id => _subscriber.SessionUrl!.Segments[^1];

    public PeerConnectionState State => _subscriber.State;

    /// <summary>The pictures in the order in which they came, slates left out.</summary>
    public IReadOnlyList<Seen> Pictures => [.. _seen];

    public int PictureCount => _seen.Count;

    /// <summary>Pictures without a number: slates, or damaged ones.</summary>
    public int UnreadableCount => Volatile.Read(ref _unreadable);

    /// <summary>Whether it was inverted, one after the other.</summary>
    public IReadOnlyList<bool> Story
    {
        get
        {
            List<bool> story = [];
            foreach (Seen picture in _seen)
            {
                if (story.Count == 0 || story[^1] != picture.IsInverted)
                    story.Add(picture.IsInverted);
            }

            return story;
        }
    }

    /// <summary>Pictures of a film that goes round and round which are missing between those that came.</summary>
    public int MissingCount(int from = 0)
    {
        IReadOnlyList<Seen> seen = Pictures;
        int missing = 0;
        for (int i = from + 1; i < seen.Count; i++)
            missing += (seen[i].Number - seen[i - 1].Number - 1 + Film.Length) % Film.Length;
        return missing;
    }

    public static async Task<NumberedViewer> WatchAsync(string whepUrl)
    {
        var viewer = new NumberedViewer(whepUrl);
        await viewer._subscriber.ConnectAsync(TestContext.Current.CancellationToken);
        return viewer;
    }

    public async Task FurtherAsync(int pictures)
    {
        int wanted = PictureCount + pictures;
        await Eventually.PassesAsync(() => Task.FromResult($"{PictureCount}"), _ => PictureCount >= wanted, $"{wanted} pictures have come");
    }

    public async ValueTask DisposeAsync()
    {
        await _subscriber.DisposeAsync();
        _decoder.Dispose();
        _pictures.Dispose();
    }

    private void Take(EncodedFrame frame)
    {
        if (frame.Codec != MediaCodec.H264)
            return;
        _decoder.TryWrite(frame);
        while (_decoder.TryRead(out VideoFrame? picture))
        {
            if (Read(picture!) is { } seen)
                _seen.Enqueue(seen);
            else
                Interlocked.Increment(ref _unreadable);
            picture!.Return();
        }
    }

    // The bars are dark, light, the number, a bit for parity, dark.
    private static unsafe Seen? Read(VideoFrame picture)
    {
        byte* row = picture.Y + picture.Height / 20 * picture.StrideY;
        bool IsLight(int bar) => row[(2 * bar + 1) * picture.Width / (2 * Bars)] > Middle;
        bool isInverted = IsLight(0);
        if (IsLight(1) == isInverted || IsLight(Bars - 1) != isInverted)
            return null;
        int number = 0;
        for (int bit = 0; bit < Scene.NumberBits; bit++)
            number = number << 1 | (IsLight(2 + bit) != isInverted ? 1 : 0);
        bool isOdd = IsLight(Bars - 2) != isInverted;
        return int.PopCount(number) % 2 != 0 == isOdd ? new Seen(number, isInverted) : null;
    }
}

/// <summary>A picture that a viewer has seen.</summary>
internal readonly record struct Seen(int Number, bool IsInverted);
