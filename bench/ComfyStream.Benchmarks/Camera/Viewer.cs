using ComfyStream.Client;
using ComfyStream.Media;
using ComfyStream.Transport;

namespace ComfyStream.Benchmarks.Camera;

/// <summary>A WHEP subscriber that notes the media time and the arrival of every picture. It decodes nothing.</summary>
internal sealed class Viewer : IAsyncDisposable
{
    private readonly EventLoop _loop;
    private readonly bool _ownsLoop;
    private readonly WhepSubscriber _subscriber;
    private long _sound;

    public Viewer(ClientOptions options, int index)
    {
        _ownsLoop = options.EventLoop is null;
        _loop = options.EventLoop ?? new EventLoop(options.LocalEndPoint, $"viewer-{index}");
        _subscriber = new WhepSubscriber(options with { EventLoop = _loop }, Take);
    }

    public PictureLog Pictures { get; } = new();

    public int PictureCount => Pictures.Count;

    public long SoundCount => Volatile.Read(ref _sound);

    /// <summary>Datagrams that arrived on its loop, of any kind.</summary>
    public long PacketCount => _loop.Counters.DatagramsReceived;

    public Task ConnectAsync() => _subscriber.ConnectAsync();

    public async ValueTask DisposeAsync()
    {
        await _subscriber.DisposeAsync();
        if (_ownsLoop)
            _loop.Dispose();
    }

    private void Take(EncodedFrame frame)
    {
        if (frame.Codec == MediaCodec.H264)
            Pictures.Add(frame);
        else
            Volatile.Write(ref _sound, _sound + 1);
    }
}
