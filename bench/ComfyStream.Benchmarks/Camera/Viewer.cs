using ComfyStream.Client;
using ComfyStream.Media;
using ComfyStream.Transport;

namespace ComfyStream.Benchmarks.Camera;

/// <summary>A WHEP subscriber that notes the media time and the arrival of every picture. It decodes nothing.</summary>
internal sealed class Viewer : IAsyncDisposable
{
    private const int MostPictures = 1 << 16;

    // Pictures of the past that a viewer gets when it joins lie 1 ms apart.
    private static readonly TimeSpan _leastLiveStep = TimeSpan.FromMilliseconds(5);

    private readonly TimeSpan[] _mediaTimes = new TimeSpan[MostPictures];
    private readonly TimeSpan[] _arrivals = new TimeSpan[MostPictures];
    private readonly EventLoop _loop;
    private readonly bool _ownsLoop;
    private readonly WhepSubscriber _subscriber;
    private int _pictures;
    private long _sound;

    public Viewer(ClientOptions options, int index)
    {
        _ownsLoop = options.EventLoop is null;
        _loop = options.EventLoop ?? new EventLoop(options.LocalEndPoint, $"viewer-{index}");
        _subscriber = new WhepSubscriber(options with { EventLoop = _loop }, Take);
    }

    public int PictureCount => Volatile.Read(ref _pictures);

    public long SoundCount => Volatile.Read(ref _sound);

    /// <summary>Datagrams that arrived on its loop, of any kind.</summary>
    public long PacketCount => _loop.Counters.DatagramsReceived;

    public ReadOnlySpan<TimeSpan> MediaTimes => _mediaTimes.AsSpan(0, PictureCount);

    /// <summary>When the last packet of each picture came.</summary>
    public ReadOnlySpan<TimeSpan> Arrivals => _arrivals.AsSpan(0, PictureCount);

    /// <summary>The first picture that is on time: those before it are of the past, given so that it can be decoded.</summary>
    public int FirstLive
    {
        get
        {
            ReadOnlySpan<TimeSpan> times = MediaTimes;
            int first = 0;
            while (first + 1 < times.Length && times[first + 1] - times[first] < _leastLiveStep)
                first++;
            return first;
        }
    }

    public Task ConnectAsync() => _subscriber.ConnectAsync();

    public async ValueTask DisposeAsync()
    {
        await _subscriber.DisposeAsync();
        if (_ownsLoop)
            _loop.Dispose();
    }

    private void Take(EncodedFrame frame)
    {
        if (frame.Codec != MediaCodec.H264)
        {
            Volatile.Write(ref _sound, _sound + 1);
            return;
        }

        if (_pictures == MostPictures)
            return;
        _mediaTimes[_pictures] = frame.MediaTime;
        _arrivals[_pictures] = frame.LastArrival;
        Volatile.Write(ref _pictures, _pictures + 1);
    }
}
