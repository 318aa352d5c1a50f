using System.Net;
using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.Joining;
using ComfyStream.Client;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>
/// Viewers by the hundred on few loops, so that they cost less than the server that is measured: on this machine by a loopback address
/// each; towards another machine, where there is only one address, by a loop each. Who joins at one time has loops apart from those who
/// are there, which rest most of the time.
/// </summary>
internal sealed class CountedViewers : IAsyncDisposable
{
    /// <summary>As many in all, those that left included, as there are addresses for.</summary>
    public const int Most = 1 << 15;

    /// <summary>Of one loop: a key frame for all of them fits into what the kernel gives its socket.</summary>
    public const int PerLoop = 64;

    // So often all packets of a viewer are decrypted, for as long as it is there, or its pictures are looked at until they follow each other.
    private const int VerifiedEvery = 20;
    private const int WatchedEvery = 10;

    // Of those who join together so many, evenly among them, are on a loop and socket of their own that never rests, and note when each
    // picture comes: who is served last waits longest.
    private const int MostTimed = 3;
    private const byte FirstNetwork = 64;
    private static readonly TimeSpan _runLength = TimeSpan.FromSeconds(1);

    private readonly List<ViewerLoop> _loops = [];
    private readonly CountedViewer?[] _viewers = new CountedViewer?[Most];
    private readonly List<TimedViewer> _timed = [];
    private readonly Func<int, Uri> _endpointOf;
    private readonly DtlsIdentity _identity;
    private readonly TimeSpan _interval;
    private readonly bool _isLocal;
    private Traffic _gone;
    private int _last;

    /// <param name="endpointOf">Where viewers of the publisher of that number join.</param>
    /// <param name="isLocal">Whether the server is reached over loopback addresses.</param>
    /// <param name="identity">The certificate of all of them (not owned).</param>
    /// <param name="framesPerSecond">Of the picture.</param>
    public CountedViewers(Func<int, Uri> endpointOf, bool isLocal, DtlsIdentity identity, int framesPerSecond) =>
        (_endpointOf, _isLocal, _identity, _interval) = (endpointOf, isLocal, identity, TimeSpan.FromSeconds(1.0 / framesPerSecond));

    /// <summary>Those that are there.</summary>
    public int Count => Present.Count();

    /// <summary>Joins that failed.</summary>
    public int FailedCount { get; private set; }

    /// <summary>Those whose pictures are timed.</summary>
    public IReadOnlyList<TimedViewer> Timed => _timed;

    /// <summary>Of their sockets.</summary>
    public IEnumerable<int> Ports => _loops.Select(loop => loop.Loop.LocalEndPoint.Port);

    private IEnumerable<CountedViewer> Present => _viewers.Take(_last).OfType<CountedViewer>();

    /// <summary>Packets of all of them, those that left included.</summary>
    public Traffic Total() => Present.Aggregate(_gone, static (sum, viewer) => sum + viewer.Received.Traffic);

    /// <summary>Any one of them.</summary>
    public ReceivedPackets? Any() => Present.FirstOrDefault()?.Received;

    /// <summary>So many join, one after the other at this rate; returns once all receive and the pictures of those that are watched have followed each other.</summary>
    /// <param name="count">How many.</param>
    /// <param name="perSecond">How fast.</param>
    /// <param name="publishers">How many publishers they watch in turn.</param>
    /// <param name="stay">How long each stays; null: until all leave.</param>
    public async Task<IReadOnlyList<Arrival>> JoinAsync(int count, int perSecond, int publishers, TimeSpan? stay = null)
    {
        int first = _last;
        if (first + count > Most)
            throw new InvalidOperationException($"More than {Most} viewers would have joined.");
        ViewerLoop[] loops = OpenLoops(first, _isLocal ? (count + PerLoop - 1) / PerLoop : count);
        int timed = stay is null ? Math.Min(count, MostTimed) : 0;
        int[] timedNumbers = [.. Enumerable.Range(0, timed).Select(i => (2 * i + 1) * count / (2 * timed))];
        _last += count;
        TimeSpan begin = EventLoop.Now;
        var joining = new List<Task<Arrival?>>();
        for (int i = 0; i < count; i++)
        {
            TimeSpan wait = begin + TimeSpan.FromSeconds((double)i / perSecond) - EventLoop.Now;
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait);
            EventLoop loop = loops[_isLocal ? i / PerLoop : i].Loop;
            PictureLog? pictures = null;
            int publisher = (first + i) % publishers;
            if (timedNumbers.Contains(i))
            {
                loop = OpenLoops(first + i, 1)[0].Loop;
                pictures = new PictureLog();
                _timed.Add(new TimedViewer(publisher, pictures, (double)count / timed));
            }

            int number = first + i;
            joining.Add(Task.Run(() => JoinAsync(number, publisher, loop, pictures, stay)));
        }

        Arrival?[] arrivals = await Task.WhenAll(joining);
        foreach (ViewerLoop loop in loops)
            loop.Rest();
        FailedCount += arrivals.Count(static arrival => arrival is null);
        return [.. arrivals.OfType<Arrival>()];
    }

    /// <summary>All leave.</summary>
    public async Task LeaveAsync()
    {
        await Parallel.ForAsync(0, _last, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, _) => await LeaveAsync(number));
        foreach (ViewerLoop loop in _loops)
            loop.Dispose();
        _loops.Clear();
        _timed.Clear();
    }

    /// <summary>What those that decrypt everything found.</summary>
    public async Task<Verification> VerifyAsync()
    {
        Verification all = default;
        foreach (CountedViewer viewer in Present)
            all += await viewer.VerifyAsync();
        return all;
    }

    public async ValueTask DisposeAsync() => await LeaveAsync();

    private ViewerLoop[] OpenLoops(int first, int count)
    {
        ViewerLoop[] loops = [.. Enumerable.Range(first, count).Select(number => new ViewerLoop($"viewers-{number}", _isLocal ? Take : TapOf(number)))];
        _loops.AddRange(loops);
        return loops;
    }

    private async Task<Arrival?> JoinAsync(int number, int publisher, EventLoop loop, PictureLog? pictures, TimeSpan? stay)
    {
        GaplessRun? run = stay is null && number % WatchedEvery == 0 ? new GaplessRun(_interval, _runLength) : null;
        bool isVerified = number % VerifiedEvery == 0 || pictures is not null;
        var viewer = new CountedViewer(OptionsFor(_endpointOf(publisher), number, loop), run, isVerified, pictures);
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

    private ClientOptions OptionsFor(Uri endpoint, int number, EventLoop loop) => new()
    {
        Endpoint = endpoint,
        Identity = _identity,
        EventLoop = loop,
        LocalAddress = _isLocal ? new IPAddress([127, (byte)(FirstNetwork + number / 65536), (byte)(number / 256), (byte)number]) : null,
    };

    private DatagramTap TapOf(int number) => (in TransportPath _, ReadOnlySpan<byte> datagram) => Take(number, datagram);

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

/// <summary>A viewer whose pictures are timed.</summary>
/// <param name="Publisher">Whom it watches.</param>
/// <param name="Pictures">What it got.</param>
/// <param name="Weight">For how many viewers it stands.</param>
internal sealed record TimedViewer(int Publisher, PictureLog Pictures, double Weight);
