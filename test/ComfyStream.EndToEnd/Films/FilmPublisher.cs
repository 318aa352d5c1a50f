using ComfyStream.Client;
using ComfyStream.Media;
using ComfyStream.Media.Opus;
using ComfyStream.Transport;
using ComfyStream.WebRtc;

namespace ComfyStream.EndToEnd.Films;

/// <summary>Publishes a film over and over, in real time, with a tone beside it, until it is disposed of and takes its leave.</summary>
internal sealed class FilmPublisher : IAsyncDisposable
{
    private const int AudioBitRate = 64_000;
    private const float Loudness = 0.3f;
    private static readonly TimeSpan _soundInterval = TimeSpan.FromMilliseconds(20);

    private readonly WhipPublisher _publisher;
    private readonly int _hertz;
    private readonly bool _heedsRequests;
    private readonly CancellationTokenSource _ending = new();
    private readonly EncodedFramePool _coded = new();
    private readonly Task _publishing;
    private volatile Film _film;
    private DateTimeOffset _begun = DateTimeOffset.UtcNow;
    private int _keyFrameWanted;
    private int _picturesSent;

    private FilmPublisher(WhipPublisher publisher, Film film, int hertz, bool heedsRequests)
    {
        (_publisher, _film, _hertz, _heedsRequests) = (publisher, film, hertz, heedsRequests);
        _publisher.KeyFrameRequested += () => Volatile.Write(ref _keyFrameWanted, 1);
        _publishing = Task.Factory.StartNew(Publish, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>The session at the relay.</summary>
    public string Id => _publisher.SessionUrl!.Segments[^1];

    /// <summary>Pictures sent so far.</summary>
    public int PicturesSent => Volatile.Read(ref _picturesSent);

    /// <summary>Pictures and packets of sound that were not sent: this process was too late with them.</summary>
    public long FramesDropped => _publisher.FramesDropped;

    /// <summary>The number of the picture that is sent now, of one that goes on whatever it is asked for.</summary>
    public int Number => (int)((DateTimeOffset.UtcNow - _begun) * Film.Rate / TimeSpan.FromSeconds(1)) % Film.Length;

    /// <summary>How long ago a picture was sent at some time, for the same publishers; less than the film's length.</summary>
    public TimeSpan AgeOf(int number, DateTimeOffset at)
    {
        const long FilmTicks = Film.Length * TimeSpan.TicksPerSecond / Film.Rate;
        long ticks = (at - _begun).Ticks - number * TimeSpan.TicksPerSecond / Film.Rate;
        return TimeSpan.FromTicks((ticks % FilmTicks + FilmTicks) % FilmTicks);
    }

    /// <param name="hertz">The tone.</param>
    /// <param name="heedsRequests">Whether it goes to a key frame when it is asked for one; OBS and FFmpeg do not.</param>
    public static async Task<FilmPublisher> StartAsync(string whipUrl, Film film, int hertz = 440, bool heedsRequests = true)
    {
        var publisher = new WhipPublisher(new ClientOptions { Endpoint = new Uri(whipUrl), VideoCodecs = [film.Codec] });
        await publisher.ConnectAsync(TestContext.Current.CancellationToken);
        return new FilmPublisher(publisher, film, hertz, heedsRequests);
    }

    /// <summary>Goes on with another film of the same codec.</summary>
    public void Play(Film film) => _film = film;

    /// <summary>Ends the session as a well-behaved client does.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _publishing;
        await _publisher.DisposeAsync();
        Assert.Equal(0, _coded.RentedCount);
        _ending.Dispose();
    }

    // Whoever is taken over is closed by the relay, and stops.
    private void Publish()
    {
        using var sound = new OpusEncoder(AudioBitRate, _coded);
        TimeSpan start = EventLoop.Now;
        _begun = DateTimeOffset.UtcNow;
        var reel = new Reel();
        for (int packet = 0; _publisher.State is PeerConnectionState.Connected or PeerConnectionState.Disconnected; packet++)
        {
            for (; reel.Due <= packet * _soundInterval; SendPicture(reel.Next(_film, _heedsRequests && Interlocked.Exchange(ref _keyFrameWanted, 0) != 0), start))
            {
                if (Wait(start + reel.Due))
                    return;
            }

            if (Wait(start + packet * _soundInterval))
                return;
            SendSound(sound, packet, start + packet * _soundInterval);
        }
    }

    private void SendPicture((Unit Unit, TimeSpan Time) picture, TimeSpan start)
    {
        EncodedFrame frame = _coded.Rent(picture.Unit.Data.Length);
        picture.Unit.Data.CopyTo(frame.WritableData);
        frame.Codec = _film.Codec;
        frame.IsKeyFrame = picture.Unit.IsKeyFrame;
        frame.MediaTime = frame.FirstArrival = frame.LastArrival = start + picture.Time;
        _publisher.WriteVideo(frame);
        Volatile.Write(ref _picturesSent, _picturesSent + 1);
        frame.Release();
    }

    private void SendSound(OpusEncoder encoder, int number, TimeSpan time)
    {
        Span<float> samples = stackalloc float[OpusEncoder.SamplesPerFrame * OpusEncoder.ChannelCount];
        for (int i = 0; i < samples.Length; i++)
        {
            double seconds = (number * OpusEncoder.SamplesPerFrame + i / OpusEncoder.ChannelCount) / (double)OpusEncoder.SampleRate;
            samples[i] = Loudness * (float)Math.Sin(2 * Math.PI * _hertz * seconds);
        }

        EncodedFrame packet = encoder.Encode(samples, time);
        _publisher.WriteAudio(packet);
        packet.Release();
    }

    private bool Wait(TimeSpan until)
    {
        TimeSpan left = until - EventLoop.Now;
        return left > TimeSpan.Zero ? _ending.Token.WaitHandle.WaitOne(left) : _ending.IsCancellationRequested;
    }

    /// <summary>Where the film is: one picture goes out each <see cref="Film.Rate"/>th of a second, whichever it is.</summary>
    private sealed class Reel
    {
        private Film? _film;
        private int _next;
        private int _sent;

        // Of the picture that would be the film's first, so that those of a film keep their distances.
        private TimeSpan _origin;

        public TimeSpan Due => _sent * TimeSpan.FromTicks(TimeSpan.TicksPerSecond / Film.Rate);

        public (Unit Unit, TimeSpan Time) Next(Film film, bool atKeyFrame)
        {
            int key = _next / Film.KeyFrameInterval * Film.KeyFrameInterval;
            if (film != _film)
                Wind(film, 0);
            else if (_next == Film.Length)
                Wind(film, 0);
            else if (atKeyFrame && _next > key)
                Wind(film, key);
            Unit unit = film.Units[_next++];
            _sent++;
            return (unit, _origin + unit.Time);
        }

        private void Wind(Film film, int index)
        {
            _film = film;
            _next = index;
            _origin = Due - film.Units[index].Time;
        }
    }
}
