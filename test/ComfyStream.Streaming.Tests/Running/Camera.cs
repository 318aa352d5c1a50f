using System.Net;
using ComfyStream.Client;
using ComfyStream.Media;
using ComfyStream.Transport;
using ComfyStream.WebRtc;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>A publisher: writes single frames, or plays a film until it is told to stop, beginning again at its key frame when it is asked for one.</summary>
internal sealed class Camera : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(15);

    private readonly WhipPublisher _publisher;
    private readonly HttpClient _http;
    private readonly EncodedFramePool _frames = new();
    private readonly CancellationTokenSource _end = new();
    private readonly MediaCodec _codec;
    private Task _playing = Task.CompletedTask;
    private Film? _film;
    private int _keyFrameWanted;
    private int _pictures;
    private TimeSpan _lastTime;

    public Camera(RelaySignaling signaling, string channel, PeerOptions? peer = null, MediaCodec codec = MediaCodec.H264)
    {
        _codec = codec;
        _http = new HttpClient(signaling);
        _publisher = new WhipPublisher(new ClientOptions
        {
            Endpoint = new Uri($"http://relay.test/whip?channelId={channel}"),
            HttpClient = _http,
            VideoCodecs = [codec],
            LocalEndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            Peer = peer ?? new PeerOptions { NtpEpoch = EventLoop.NtpEpoch },
        });
        _publisher.KeyFrameRequested += () =>
        {
            Interlocked.Increment(ref _keyFrameRequests);
            Volatile.Write(ref _keyFrameWanted, ObeysKeyFrameRequests ? 1 : 0);
        };
    }

    private int _keyFrameRequests;

    public int KeyFrameRequests => Volatile.Read(ref _keyFrameRequests);

    public string Id => _publisher.SessionUrl?.Segments[^1] ?? "";

    public PeerConnectionState State => _publisher.State;

    public CloseReason CloseReason => _publisher.CloseReason;

    /// <summary>Whether it begins its film again when it is asked for a key frame.</summary>
    public bool ObeysKeyFrameRequests { get; set; } = true;

    /// <summary>Pictures written.</summary>
    public int Pictures => Volatile.Read(ref _pictures);

    public Task ConnectAsync(CancellationToken cancellationToken = default) => _publisher.ConnectAsync(cancellationToken).WaitAsync(TestRelay.Patience, cancellationToken);

    public void Write(byte[] unit, bool isKeyFrame)
    {
        Assert.True(Send(_codec, unit, isKeyFrame), "The publisher dropped a picture.");
        Interlocked.Increment(ref _pictures);
    }

    public void WriteSound(byte[] packet) => Assert.True(Send(MediaCodec.Opus, packet, isKeyFrame: true), "The publisher dropped a sound.");

    /// <summary>Begins to play, or goes on with another film.</summary>
    public void Play(Film film)
    {
        Volatile.Write(ref _film, film);
        if (_playing.IsCompleted)
            _playing = Task.Run(PlayAsync);
    }

    /// <summary>Plays no more and keeps the connection.</summary>
    public async Task StopAsync()
    {
        await _end.CancelAsync();
        await _playing;
    }

    /// <summary>Plays until something has come about.</summary>
    public async Task PlayUntil(Film film, Func<bool> condition, string what)
    {
        Play(film);
        await TestRelay.Until(condition, what);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _publisher.DisposeAsync();
        Assert.Equal(0, _frames.RentedCount);
        _http.Dispose();
    }

    private async Task PlayAsync()
    {
        Film? film = null;
        int next = 0;
        while (!_end.IsCancellationRequested && State is PeerConnectionState.Connected or PeerConnectionState.Disconnected)
        {
            Film current = Volatile.Read(ref _film)!;
            if (current != film || Interlocked.Exchange(ref _keyFrameWanted, 0) != 0 || next == current.Units.Count)
                next = 0;
            film = current;
            if (Send(_codec, film.Units[next], isKeyFrame: next == 0))
                Interlocked.Increment(ref _pictures);
            next++;
            await Task.Delay(Interval);
        }
    }

    private bool Send(MediaCodec codec, byte[] data, bool isKeyFrame)
    {
        EncodedFrame frame = _frames.Rent(data.Length);
        data.CopyTo(frame.WritableData);
        frame.Codec = codec;
        frame.IsKeyFrame = isKeyFrame;

        // Two pictures never have one RTP timestamp.
        TimeSpan now = EventLoop.Now;
        _lastTime = now > _lastTime + TimeSpan.FromMilliseconds(1) ? now : _lastTime + TimeSpan.FromMilliseconds(1);
        frame.MediaTime = frame.FirstArrival = frame.LastArrival = _lastTime;
        bool isSent = codec == MediaCodec.Opus ? _publisher.WriteAudio(frame) : _publisher.WriteVideo(frame);
        frame.Release();
        return isSent;
    }
}
