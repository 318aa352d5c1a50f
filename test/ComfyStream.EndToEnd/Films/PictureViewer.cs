using ComfyStream.Client;
using ComfyStream.Media;
using ComfyStream.Media.Libav;
using ComfyStream.Workflows.Tests;

namespace ComfyStream.EndToEnd.Films;

/// <summary>A viewer who decodes what comes, for tests that look at pixels.</summary>
internal sealed class PictureViewer : IAsyncDisposable
{
    private readonly VideoFramePool _frames = new();
    private readonly IVideoDecoder _decoder;
    private readonly WhepSubscriber _subscriber;
    private readonly Lock _lock = new();
    private VideoFrame? _last;
    private int _count;

    private PictureViewer(string url)
    {
        Assert.True(LibavCodecFactory.TryLoad(out LibavCodecFactory? codecs, out string problem), problem);
        _decoder = codecs.CreateVideoDecoder(MediaCodec.H264, _frames);
        _subscriber = new WhepSubscriber(new ClientOptions { Endpoint = new Uri(url), VideoCodecs = [MediaCodec.H264] }, Take);
    }

    public static async Task<PictureViewer> WatchAsync(string whepUrl)
    {
        var viewer = new PictureViewer(whepUrl);
        await viewer._subscriber.ConnectAsync(TestContext.Current.CancellationToken);
        return viewer;
    }

    /// <summary>The newest picture, once there is another than at the last call.</summary>
    public async Task<ViewedPicture> NextAsync()
    {
        int seen = Volatile.Read(ref _count);
        return await Eventually.GetAsync(() => Task.FromResult(Volatile.Read(ref _count) > seen ? Copy() : null), Eventually.Limit, () => $"there is a picture after {seen}");
    }

    public async ValueTask DisposeAsync()
    {
        await _subscriber.DisposeAsync();
        _decoder.Dispose();
        _last?.Return();
        _frames.Dispose();
    }

    // On the event loop, which waits for it: nothing else runs there.
    private void Take(EncodedFrame frame)
    {
        if (frame.Codec != MediaCodec.H264)
            return;
        _decoder.TryWrite(frame);
        while (_decoder.TryRead(out VideoFrame? picture))
        {
            lock (_lock)
            {
                _last?.Return();
                _last = picture;
            }

            Volatile.Write(ref _count, _count + 1);
        }
    }

    private ViewedPicture Copy()
    {
        lock (_lock)
            return new ViewedPicture(_last!);
    }
}

/// <summary>The pixels of a picture that a viewer saw.</summary>
internal sealed class ViewedPicture(VideoFrame frame)
{
    private readonly double[][,] _planes = [.. Pictures.Planes.Select(plane => Pictures.Read(frame, plane))];

    public int Width { get; } = frame.Width;

    public int Height { get; } = frame.Height;

    public double[,] Luma => _planes[0];

    public double[,] Cb => _planes[1];

    public double[,] Cr => _planes[2];

    /// <summary>For a person who wants to look.</summary>
    public void Show(string name)
    {
        using var pool = new VideoFramePool();
        VideoFrame copy = pool.Rent(Width, Height);
        Pictures.Fill(copy, (plane, x, y) => (byte)_planes[(int)plane][y, x]);
        PictureFile.Save(copy, name);
        copy.Return();
    }
}
