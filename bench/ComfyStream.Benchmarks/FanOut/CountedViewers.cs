using System.Net;
using ComfyStream.Benchmarks.Joining;
using ComfyStream.Client;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>
/// Viewers by the hundred on few loops, so that they cost less than the server that is measured: on this machine by a loopback address
/// each; towards another machine, where there is only one address, by a loop each.
/// </summary>
internal sealed class CountedViewers : IAsyncDisposable
{
    /// <summary>As many in all, those that left included, as there are addresses for.</summary>
    public const int Most = 1 << 15;

    // So often all packets of a viewer are decrypted, for as long as it is there, or its pictures are looked at until they follow each other.
    private const int VerifiedEvery = 20;
    private const int WatchedEvery = 10;
    private const byte FirstNetwork = 64;
    private static readonly TimeSpan _runLength = TimeSpan.FromSeconds(1);

    private readonly List<EventLoop> _loops = [];
    private readonly CountedViewer?[] _viewers = new CountedViewer?[Most];
    private readonly DtlsIdentity _identity;
    private readonly TimeSpan _interval;
    private readonly bool _isLocal;
    private Traffic _gone;
    private int _last;

    /// <param name="loops">Event loops to share; 0: one for each viewer.</param>
    /// <param name="identity">The certificate of all of them (not owned).</param>
    /// <param name="framesPerSecond">Of the picture.</param>
    public CountedViewers(int loops, DtlsIdentity identity, int framesPerSecond)
    {
        (_identity, _interval, _isLocal) = (identity, TimeSpan.FromSeconds(1.0 / framesPerSecond), loops > 0);
        for (int i = 0; i < loops; i++)
            _loops.Add(new EventLoop(new IPEndPoint(IPAddress.Any, 0), $"viewers-{i}") { Tap = Take });
    }

    /// <summary>Those that are there.</summary>
    public int Count => Present.Count();

    /// <summary>Joins that failed.</summary>
    public int FailedCount { get; private set; }

    /// <summary>Of the sockets that they share.</summary>
    public IEnumerable<int> Ports => _loops.Select(loop => loop.LocalEndPoint.Port);

    private IEnumerable<CountedViewer> Present => _viewers.Take(Volatile.Read(ref _last)).OfType<CountedViewer>();

    /// <summary>Packets of all of them, those that left included.</summary>
    public Traffic Total() => Present.Aggregate(_gone, static (sum, viewer) => sum + viewer.Received.Traffic);

    /// <summary>Any one of them.</summary>
    public ReceivedPackets? Any() => Present.FirstOrDefault()?.Received;

    /// <summary>So many join, one after the other at this rate; returns once all receive and the pictures of those that are watched have followed each other.</summary>
    /// <param name="count">How many.</param>
    /// <param name="perSecond">How fast.</param>
    /// <param name="endpointOf">Where the viewer of that number joins, counted from 0.</param>
    /// <param name="stay">How long each stays; null: until all leave.</param>
    public async Task<IReadOnlyList<Arrival>> JoinAsync(int count, int perSecond, Func<int, Uri> endpointOf, TimeSpan? stay = null)
    {
        TimeSpan begin = EventLoop.Now;
        var joining = new List<Task<Arrival?>>();
        for (int i = 0; i < count; i++)
        {
            TimeSpan wait = begin + TimeSpan.FromSeconds((double)i / perSecond) - EventLoop.Now;
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait);
            int number = i;
            joining.Add(Task.Run(() => JoinAsync(endpointOf(number), stay)));
        }

        Arrival?[] arrivals = await Task.WhenAll(joining);
        FailedCount += arrivals.Count(static arrival => arrival is null);
        return [.. arrivals.OfType<Arrival>()];
    }

    /// <summary>All leave.</summary>
    public async Task LeaveAsync() => await Parallel.ForAsync(0, Volatile.Read(ref _last), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, _) => await LeaveAsync(number));

    /// <summary>What those that decrypt everything found.</summary>
    public async Task<Verification> VerifyAsync()
    {
        Verification all = default;
        foreach (CountedViewer viewer in Present)
            all += await viewer.VerifyAsync();
        return all;
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        foreach (EventLoop loop in _loops)
            loop.Dispose();
    }

    private async Task<Arrival?> JoinAsync(Uri endpoint, TimeSpan? stay)
    {
        int number = Interlocked.Increment(ref _last) - 1;
        if (number >= Most)
            throw new InvalidOperationException($"More than {Most} viewers have joined.");
        GaplessRun? run = stay is null && number % WatchedEvery == 0 ? new GaplessRun(_interval, _runLength) : null;
        var viewer = new CountedViewer(OptionsFor(endpoint, number), run, number % VerifiedEvery == 0);
        _viewers[number] = viewer;
        if (await viewer.JoinAsync() is not { } join)
        {
            await LeaveAsync(number);
            return null;
        }

        TimeSpan? picture = await viewer.PictureAsync();
        if (stay is { } time)
        {
            await Task.Delay(time);
            await LeaveAsync(number);
        }

        return new Arrival(join.Posted, join.FirstPacket, picture, run is not null);
    }

    private async ValueTask LeaveAsync(int number)
    {
        if (Interlocked.Exchange(ref _viewers[number], null) is not { } viewer)
            return;
        await viewer.DisposeAsync();
        lock (_viewers)
            _gone += viewer.Received.Traffic;
    }

    private ClientOptions OptionsFor(Uri endpoint, int number) => new()
    {
        Endpoint = endpoint,
        Identity = _identity,
        EventLoop = _isLocal ? _loops[number % _loops.Count] : OpenLoop(number),
        LocalAddress = _isLocal ? new IPAddress([127, (byte)(FirstNetwork + number / 65536), (byte)(number / 256), (byte)number]) : null,
    };

    private EventLoop OpenLoop(int number)
    {
        var loop = new EventLoop(new IPEndPoint(IPAddress.Any, 0), $"viewer-{number}") { Tap = (in TransportPath _, ReadOnlySpan<byte> datagram) => Take(number, datagram) };
        lock (_loops)
            _loops.Add(loop);
        return loop;
    }

    private bool Take(in TransportPath path, ReadOnlySpan<byte> datagram)
    {
        Span<byte> address = stackalloc byte[16];
        path.Local.WriteBytes(address);
        return Take((address[1] - FirstNetwork) * 65536 + address[2] * 256 + address[3], datagram);
    }

    private bool Take(int number, ReadOnlySpan<byte> datagram) =>
        (uint)number < Most && _viewers[number] is { } viewer && viewer.Take(datagram);
}

/// <summary>A viewer that joined.</summary>
/// <param name="Posted">When its POST began.</param>
/// <param name="FirstPacket">When its first RTP packet came.</param>
/// <param name="Picture">From the POST to its first picture of a run without a gap; null when none came, or nobody looked.</param>
/// <param name="IsWatched">Whether somebody looked.</param>
internal sealed record Arrival(TimeSpan Posted, TimeSpan FirstPacket, TimeSpan? Picture, bool IsWatched);
