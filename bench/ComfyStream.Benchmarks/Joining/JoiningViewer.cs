using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Client;
using ComfyStream.Media;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;

namespace ComfyStream.Benchmarks.Joining;

/// <summary>A viewer who joins, watches until its pictures have followed each other without a gap for a time, and leaves.</summary>
internal sealed class JoiningViewer : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);

    private readonly EventLoop _loop = new(Loopback.AnyPort, "joining");
    private readonly TimedSignaling _signaling = new();
    private readonly HttpClient _http;
    private readonly WhepSubscriber _subscriber;
    private readonly GaplessRun _run;
    private readonly List<EncodedFrame>? _kept;
    private TimeSpan _reached;
    private TimeSpan _secured;

    /// <param name="url">Where to watch.</param>
    /// <param name="identity">Its certificate, made before, as browsers do.</param>
    /// <param name="run">Where its pictures begin to follow each other.</param>
    /// <param name="kept">Gets a reference to each of its pictures; null: they are not kept.</param>
    public JoiningViewer(Uri url, DtlsIdentity identity, GaplessRun run, List<EncodedFrame>? kept)
    {
        (_run, _kept) = (run, kept);
        _http = new HttpClient(_signaling);
        _subscriber = new WhepSubscriber(Loopback.OptionsFor(url) with { EventLoop = _loop, HttpClient = _http, Identity = identity }, Take);
        _subscriber.StateChanged += NoteState;
    }

    /// <summary>Joins and watches; null when no gapless run came.</summary>
    public async Task<Join?> RunAsync()
    {
        try
        {
            await _subscriber.ConnectAsync().WaitAsync(_patience);
            await _run.Completed.WaitAsync(_patience);
        }
        catch (Exception failure) when (failure is ConnectionException or TimeoutException)
        {
            Console.WriteLine($"A viewer could not join: {failure.Message}");
            return null;
        }

        TimeSpan posted = _signaling.Posted;
        return new Join(
            _signaling.Answered - posted, _reached - _signaling.Answered, _secured - _reached, _run.Began - _secured, _run.Began - posted, _run.CaughtUp - posted,
            _run.Gaps, _run.Skips, _subscriber.PicturesLost);
    }

    public async ValueTask DisposeAsync()
    {
        await _subscriber.DisposeAsync();
        _loop.Dispose();
        _http.Dispose();
    }

    private void NoteState(PeerConnectionState state)
    {
        if (state == PeerConnectionState.Connecting)
            _reached = EventLoop.Now;
        else if (state == PeerConnectionState.Connected)
            _secured = EventLoop.Now;
    }

    private void Take(EncodedFrame frame)
    {
        if (frame.Codec == MediaCodec.Opus || _run.Completed.IsCompleted)
            return;
        if (_kept is not null)
        {
            frame.AddReference();
            _kept.Add(frame);
        }

        _run.Add(frame);
    }
}

/// <summary>One join.</summary>
/// <param name="Signaling">From the start of the POST to its answer.</param>
/// <param name="Ice">From there to the first path that was proved to work.</param>
/// <param name="Dtls">From there to the keys.</param>
/// <param name="Picture">From there to the first picture of the run, whole.</param>
/// <param name="Total">All of these.</param>
/// <param name="CaughtUp">From the start of the POST to where pictures are on time.</param>
/// <param name="Gaps">Gaps before the run.</param>
/// <param name="Skips">Places where pictures are missing that were never coded.</param>
/// <param name="PicturesLost">Pictures that came broken.</param>
internal sealed record Join(
    TimeSpan Signaling, TimeSpan Ice, TimeSpan Dtls, TimeSpan Picture, TimeSpan Total, TimeSpan CaughtUp, int Gaps, int Skips, long PicturesLost);
