using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.Joining;
using ComfyStream.Client;
using ComfyStream.Media;
using ComfyStream.WebRtc;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>
/// A viewer who joins by WHEP, ICE and DTLS over a TCP connection of its own like any other, and answers checks. What it receives is
/// counted by the RTP headers; decrypted and put together only where that is asked for.
/// </summary>
internal sealed class CountedViewer : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly TimedSignaling _signaling = new();
    private readonly HttpClient _http;
    private readonly WhepSubscriber _subscriber;
    private readonly GaplessRun? _run;
    private readonly bool _isVerified;
    private readonly PictureLog? _pictures;
    private volatile bool _isWatching;

    /// <param name="options">Where to join, and from where.</param>
    /// <param name="run">Finds where its pictures begin to follow each other; null: they are not looked at.</param>
    /// <param name="isVerified">Whether it decrypts all that it gets, for as long as it is there.</param>
    /// <param name="pictures">Gets all of its pictures, if it is verified; null: they are not looked at.</param>
    public CountedViewer(ClientOptions options, GaplessRun? run, bool isVerified, PictureLog? pictures)
    {
        (_run, _isVerified, _pictures, _isWatching) = (run, isVerified, pictures, run is not null);
        _http = new HttpClient(_signaling);
        _subscriber = new WhepSubscriber(options with { HttpClient = _http }, Take);
    }

    public ReceivedPackets Received { get; } = new();

    /// <summary>Joins; returns once it receives. Null when that failed.</summary>
    public async Task<CountedJoin?> JoinAsync()
    {
        try
        {
            await _subscriber.ConnectAsync().WaitAsync(_patience);
            TimeSpan first = await Received.First.WaitAsync(_patience);
            return new CountedJoin(_signaling.Posted, first);
        }
        catch (Exception failure) when (failure is ConnectionException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>From the POST to the first picture of a run without a gap; null when it is not looked for, or none came.</summary>
    public async Task<TimeSpan?> PictureAsync()
    {
        if (_run is null)
            return null;
        await _run.Completed.WaitAsync(_patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _isWatching = false;
        return _run.Completed.IsCompletedSuccessfully ? _run.Began - _signaling.Posted : null;
    }

    /// <summary>Counts a datagram (on the loop). True: that is all that is done with it.</summary>
    public bool Take(ReadOnlySpan<byte> datagram) => Received.TryCount(datagram) && !_isVerified && !_isWatching;

    /// <summary>How many of its packets were authentic, and how many were not; nothing when it does not decrypt all.</summary>
    public async Task<Verification> VerifyAsync()
    {
        if (!_isVerified || await _subscriber.GetStatisticsAsync() is not { } statistics)
            return default;
        long authentic = Authentic(statistics.Audio) + Authentic(statistics.Video);
        return new Verification(1, Received.Traffic.Packets, authentic, statistics.PacketsRefused);
    }

    public async ValueTask DisposeAsync()
    {
        await _subscriber.DisposeAsync();
        _http.Dispose();
    }

    private static long Authentic(in MediaStatistics media) => media.PacketsReceived + media.RetransmissionsReceived;

    private void Take(EncodedFrame frame)
    {
        if (frame.Codec == MediaCodec.Opus)
            return;
        _pictures?.Add(frame);
        if (_isWatching && !_run!.Completed.IsCompleted)
            _run.Add(frame);
    }
}

/// <summary>When a viewer asked, and when its first packet came.</summary>
internal sealed record CountedJoin(TimeSpan Posted, TimeSpan FirstPacket);

/// <summary>Viewers that decrypt everything: packets counted, those that were authentic, and those that were not.</summary>
internal readonly record struct Verification(int Viewers, long Counted, long Authentic, long Refused)
{
    public static Verification operator +(Verification one, Verification other) =>
        new(one.Viewers + other.Viewers, one.Counted + other.Counted, one.Authentic + other.Authentic, one.Refused + other.Refused);
}
