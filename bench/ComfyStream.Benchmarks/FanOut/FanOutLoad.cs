using System.Globalization;
using System.Net;
using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.Pipeline;
using ComfyStream.Transport;
using ComfyStream.WebRtc.Dtls;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>A server, the cameras that publish to it, and its viewers: lets viewers join and measures what they cost.</summary>
internal sealed class FanOutLoad : IAsyncDisposable
{
    private const byte CameraNetwork = 32;
    // What is under way comes; pictures that need longer are taken for lost.
    private static readonly TimeSpan _drain = TimeSpan.FromMilliseconds(400);

    // CPU is counted in steps of 10 ms.
    private readonly TimeSpan _rateTime;

    // What a viewer was given of the past has come, and code that was found to be hot is compiled.
    private readonly TimeSpan _settling;

    // The clip's.
    private readonly TimeSpan _mixLength;

    private readonly FanOutPlan _plan;
    private readonly MeasuredServer _server;
    private readonly CameraClip _clip;
    private readonly DtlsIdentity _identity;
    private readonly EventLoop _cameraLoop = new(new IPEndPoint(IPAddress.Any, 0), "cameras");
    private readonly List<CameraPublisher> _cameras = [];
    private readonly CountedViewers _counted;
    private double _residentKiB;
    private int _residentViewers;

    private FanOutLoad(FanOutPlan plan, MeasuredServer server, CameraClip clip)
    {
        (_plan, _server, _clip) = (plan, server, clip);
        (_rateTime, _settling, _mixLength) = plan.IsSmoke
            ? (TimeSpan.FromSeconds(0.1), TimeSpan.FromSeconds(0.3), TimeSpan.FromSeconds(1))
            : (TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2.5), TimeSpan.FromSeconds(4));
        _identity = DtlsIdentity.Create(DateOnly.FromDateTime(DateTime.UtcNow), plan.SrtpProfile);
        _counted = new CountedViewers(server.WhepOf, plan.Server is not { IsLocal: false }, _identity, clip.FramesPerSecond);
    }

    /// <summary>Starts the cameras.</summary>
    public static async Task<FanOutLoad> StartAsync(FanOutPlan plan, MeasuredServer server, CameraClip clip)
    {
        var load = new FanOutLoad(plan, server, clip);
        for (int i = 0; i < plan.Publishers && server.IsPublishedTo; i++)
            load._cameras.Add(await load.StartCameraAsync(i));
        return load;
    }

    /// <summary>Lets viewers join until there are so many of each publisher.</summary>
    public async Task<JoinFigures?> GrowToAsync(int viewersEach)
    {
        int wanted = viewersEach * _plan.Publishers;
        return wanted > _counted.Count ? await JoinAsync(wanted - _counted.Count) : null;
    }

    /// <summary>So many viewers join, and stay.</summary>
    public async Task<JoinFigures> JoinAsync(int count)
    {
        Rate before = await MeasureRateAsync();
        (double cpu, Traffic traffic, TimeSpan from) = (_server.CpuSeconds(), _counted.Total(), EventLoop.Now);
        int failedBefore = _counted.FailedCount;
        IReadOnlyList<Arrival> arrivals = await _counted.JoinAsync(count, _plan.JoinsPerSecond, _plan.Publishers);
        await Task.Delay(_settling);
        TimeSpan to = EventLoop.Now;
        cpu = _server.CpuSeconds() - cpu;
        traffic = _counted.Total() - traffic;
        Rate after = await MeasureRateAsync();

        // Those who are there cost what they cost, each from its first packet on.
        double viewerSeconds = arrivals.Sum(arrival => (to - arrival.FirstPacket).TotalSeconds);
        Rate running = before * (to - from).TotalSeconds + (after - before) * (1.0 / Math.Max(1, arrivals.Count)) * viewerSeconds;
        return new JoinFigures(
            arrivals.Count,
            _counted.FailedCount - failedBefore,
            new Percentiles(arrivals.Select(arrival => arrival.FirstPacket - arrival.Posted)),
            new Percentiles(arrivals.Select(arrival => arrival.Picture).OfType<TimeSpan>()),
            arrivals.Count(arrival => arrival is { IsWatched: true, Picture: null }),
            (cpu - running.Cpu) * 1000 / arrivals.Count,
            (traffic.Packets - running.Packets) / arrivals.Count,
            _server.PausesBetween(from, to));
    }

    /// <summary>So many viewers join and leave again: afterwards the server has compiled its code.</summary>
    public Task WarmUpAsync(int count, int? perSecond = null) =>
        _counted.JoinAsync(count, perSecond ?? _plan.JoinsPerSecond, _plan.Publishers, stay: TimeSpan.FromMilliseconds(200));

    /// <summary>So many viewers join, are sent a little and leave: what that costs for each. More exact than one that stays, since next to nothing else goes on.</summary>
    public async Task<TurnoverFigures> TurnOverAsync(int count)
    {
        Rate before = await MeasureRateAsync();
        (double cpu, Traffic traffic, TimeSpan from) = (_server.CpuSeconds(), _counted.Total(), EventLoop.Now);
        await WarmUpAsync(count);
        await Task.Delay(_settling);
        Rate running = before * (EventLoop.Now - from).TotalSeconds;
        return new TurnoverFigures(count, (_server.CpuSeconds() - cpu - running.Cpu) * 1000 / count, ((_counted.Total() - traffic).Packets - running.Packets) / count);
    }

    /// <summary>So many viewers leave while the cameras rest: milliseconds of the server's CPU for each.</summary>
    public async Task<double> MeasureLeavingAsync(int count)
    {
        await GrowToAsync(count);
        await PauseAsync();
        double cpu = _server.CpuSeconds();
        await LeaveAsync();
        cpu = _server.CpuSeconds() - cpu;
        SetPaused(false);
        return cpu * 1000 / count;
    }

    /// <summary>All leave.</summary>
    public async Task LeaveAsync()
    {
        await _counted.LeaveAsync();
        await Task.Delay(_settling);
    }

    /// <summary>Measures with the viewers that are there, and beside it the limit, while the cameras rest.</summary>
    public async Task<StepFigures> MeasureAsync(LimitProgram? limit)
    {
        PacketMix? mix = limit is null ? null : await _counted.Any()!.RecordAsync(_mixLength);
        await PauseAsync();
        (Traffic traffic, double cpu, double ownCpu, TimeSpan from) = (_counted.Total(), _server.CpuSeconds(), Environment.CpuUsage.TotalTime.TotalSeconds, EventLoop.Now);
        long[] picturesBefore = [.. _cameras.Select(camera => camera.PictureCount)];
        (long overruns, long drops) = (ReceiveOverruns(), CameraDrops());
        SetPaused(false);
        await Task.Delay(TimeSpan.FromSeconds(_plan.Seconds));
        StageSample? added = await _server.LatencyAsync();
        TimeSpan to = EventLoop.Now;
        await PauseAsync();
        cpu = _server.CpuSeconds() - cpu;
        ownCpu = Environment.CpuUsage.TotalTime.TotalSeconds - ownCpu;
        traffic = _counted.Total() - traffic;
        double expected = _cameras.Count == 0 ? double.NaN : _cameras.Select((camera, i) => camera.PictureCount - picturesBefore[i]).Average() * _counted.Count;

        double seconds = (to - from).TotalSeconds;
        double perViewer = ResidentPerViewer();
        LimitFigures? coalesced = mix is null ? null : await limit!.MeasureAsync(mix, _counted.Count, _mixLength.TotalSeconds, _plan.Profile, coalesces: true);
        LimitFigures? plain = mix is null || _plan.IsSmoke ? null : await limit!.MeasureAsync(mix, _counted.Count, _mixLength.TotalSeconds / 2, _plan.Profile, coalesces: false);
        SetPaused(false);
        return new StepFigures
        {
            Viewers = _counted.Count,
            PacketsPerSecond = traffic.Packets / seconds,
            Delivered = traffic.Pictures / expected,
            Loss = (double)Math.Max(0, traffic.Missing) / Math.Max(1, traffic.Packets + traffic.Missing),
            CpuMicroseconds = cpu * 1e6 / traffic.Packets,
            CpuPercent = cpu * 100 / seconds,
            GeneratorPercent = ownCpu * 100 / seconds,
            Limit = coalesced,
            PlainLimit = plain,
            Added = added,
            Latency = new Percentiles(_cameras.Count == 0 ? [] : _counted.Timed.SelectMany(viewer => LatenciesOf(viewer, from, to))),
            ResidentKiBPerViewer = perViewer,
            Pauses = _server.PausesBetween(from, to),
            Overruns = ReceiveOverruns() - overruns,
            CameraDrops = CameraDrops() - drops,
        };
    }

    /// <summary>What the viewers that decrypt everything found. The cameras rest from then on.</summary>
    public async Task<Verification> VerifyAsync()
    {
        await PauseAsync();
        return await _counted.VerifyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _counted.DisposeAsync();
        await Task.WhenAll(_cameras.Select(camera => camera.DisposeAsync().AsTask()));
        _cameraLoop.Dispose();
        _identity.Dispose();
    }

    // Datagrams that the viewers' sockets had no room for: of a line of this table the second field is the local address in hexadecimal, the last counts them.
    private long ReceiveOverruns()
    {
        HashSet<string> ports = [.. _counted.Ports.Select(port => $":{port:X4}")];
        return File.ReadLines("/proc/net/udp").Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => ports.Contains(fields[1][^5..]))
            .Sum(fields => long.Parse(fields[^1], CultureInfo.InvariantCulture));
    }

    private long CameraDrops() => _cameras.Sum(camera => camera.DroppedCount);

    private async Task<CameraPublisher> StartCameraAsync(int number)
    {
        Client.ClientOptions options = new() { Endpoint = _server.WhipOf(number) };
        options = _plan.Server is { IsLocal: false }
            ? options
            : options with { EventLoop = _cameraLoop, LocalAddress = new IPAddress([127, CameraNetwork, 0, (byte)(number + 1)]) };
        var camera = new CameraPublisher(number == 0 ? _clip : _clip.Copy(), options);
        await camera.StartAsync();
        return camera;
    }

    private IEnumerable<(TimeSpan Latency, double Weight)> LatenciesOf(TimedViewer viewer, TimeSpan from, TimeSpan to) =>
        (Delivery.Of(viewer.Pictures, _cameras[viewer.Publisher], _clip.FramesPerSecond, from, to).Latencies ?? []).Select(latency => (latency, viewer.Weight));

    private async Task PauseAsync()
    {
        SetPaused(true);
        await Task.Delay(_drain);
    }

    private void SetPaused(bool isPaused)
    {
        foreach (CameraPublisher camera in _cameras)
            camera.IsPaused = isPaused;
    }

    private double ResidentPerViewer()
    {
        double resident = _server.ResidentKiB();
        double perViewer = _residentViewers > 0 && _counted.Count > _residentViewers ? (resident - _residentKiB) / (_counted.Count - _residentViewers) : double.NaN;
        (_residentKiB, _residentViewers) = (resident, _counted.Count);
        return perViewer;
    }

    private async Task<Rate> MeasureRateAsync()
    {
        (double cpu, Traffic traffic, TimeSpan from) = (_server.CpuSeconds(), _counted.Total(), EventLoop.Now);
        await Task.Delay(_rateTime);
        double seconds = (EventLoop.Now - from).TotalSeconds;
        return new Rate((_server.CpuSeconds() - cpu) / seconds, (_counted.Total() - traffic).Packets / seconds);
    }

    // CPU seconds and packets, of a second or of a longer time.
    private readonly record struct Rate(double Cpu, double Packets)
    {
        public static Rate operator +(Rate one, Rate other) => new(one.Cpu + other.Cpu, one.Packets + other.Packets);

        public static Rate operator -(Rate one, Rate other) => new(one.Cpu - other.Cpu, one.Packets - other.Packets);

        public static Rate operator *(Rate rate, double factor) => new(rate.Cpu * factor, rate.Packets * factor);
    }
}
