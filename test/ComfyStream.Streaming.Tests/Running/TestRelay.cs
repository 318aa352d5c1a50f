using System.Net;
using ComfyStream.Media;
using ComfyStream.WebRtc;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>
/// A relay on loopback with its clients. At the end the clients leave, the relay is disposed, and nothing may be left: no pooled
/// buffer, no thread, no bug in the log.
/// </summary>
internal sealed class TestRelay : IAsyncDisposable
{
    /// <summary>Ends tests that hang; nothing is measured by it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<IAsyncDisposable> _clients = [];

    public TestRelay(Func<RelayOptions, RelayOptions>? configure = null)
    {
        var options = new RelayOptions { MediaHost = IPAddress.Loopback, MediaPort = 0, AllowRaw = true, Codecs = Codecs, HoldTime = Patience };
        Relay = new Relay(configure is null ? options : configure(options), Log);
    }

    public Relay Relay { get; }

    public RecordingLog Log { get; } = new();

    public CountingCodecs Codecs { get; } = new();

    /// <summary>Bugs in the log that the test brought about itself.</summary>
    public bool ExpectsFaults { get; init; }

    public IReadOnlyList<SessionSnapshot> Publishers => Relay.Sessions(SessionKind.Publisher);

    public IReadOnlyList<SessionSnapshot> Viewers => Relay.Sessions(SessionKind.Subscriber);

    /// <summary>Waits for something that happens on other threads.</summary>
    public static async Task Until(Func<bool> condition, string what)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        while (!condition())
        {
            Assert.False(patience.IsCancellationRequested, $"It never came about that {what}.");
            await Task.Delay(2);
        }
    }

    /// <summary>Names of the relay's threads in this process.</summary>
    public static IReadOnlyList<string> RelayThreads() =>
    [
        .. Directory.EnumerateDirectories("/proc/self/task")
            .Select(task => File.Exists($"{task}/comm") ? ReadName($"{task}/comm") : "")
            .Where(name => name.StartsWith("net-", StringComparison.Ordinal)
                || name.StartsWith("decode-", StringComparison.Ordinal)
                || name.StartsWith("encode-", StringComparison.Ordinal)
                || name.StartsWith("infer-", StringComparison.Ordinal)
                || name is "streams" or "ice-tcp"),
    ];

    /// <summary>A connected publisher.</summary>
    public async Task<Camera> PublishAsync(string channel, IWorkflow? workflow = null, Route? route = null, MediaCodec codec = MediaCodec.H264)
    {
        Camera camera = Own(new Camera(new RelaySignaling(Relay) { Workflow = workflow, Route = route }, channel, codec: codec));
        await camera.ConnectAsync();
        await Until(() => Relay.Streams().Any(stream => stream.Channel == channel && stream.PublisherConnected), $"the publisher of {channel} is connected");
        return camera;
    }

    /// <summary>A connected viewer.</summary>
    public async Task<Viewer> WatchAsync(string streamId, bool video = true, Route? route = null, IReadOnlyList<MediaCodec>? codecs = null)
    {
        Viewer viewer = Own(new Viewer(new RelaySignaling(Relay) { Route = route }, streamId, video, codecs: codecs));
        await viewer.ConnectAsync();
        await Until(() => Viewers.Any(session => session.Id == viewer.Id && session.ConnectionState == "connected"), $"the viewer of {streamId} is connected");
        return viewer;
    }

    public StreamSnapshot Stream(string channel) => Relay.Streams().Single(stream => stream.Channel == channel);

    /// <summary>Waits until no session, stream or buffer is left.</summary>
    public async Task UntilNothingIsLeft()
    {
        await Until(() => Publishers.Count + Viewers.Count == 0, "all sessions have ended");
        await Until(() => Relay.Streams().Count == 0, "all channels have gone");
        await Until(() => Relay.RentedBuffers == (0, 0, 0), $"all buffers came back (out: {Relay.RentedBuffers})");
    }

    /// <summary>All clients say goodbye.</summary>
    public async Task LeaveAsync()
    {
        foreach (IAsyncDisposable client in _clients.Where(client => client is not Route))
            await client.DisposeAsync();
    }

    /// <summary>The states that the log tells of, each once, in the order of their first mention.</summary>
    public IReadOnlyList<string> StatesOf(string protocol)
    {
        string prefix = $"{protocol}: Connection state is: ";
        return [.. Log.Lines.Where(line => line.StartsWith(prefix, StringComparison.Ordinal)).Select(line => line[prefix.Length..]).Distinct()];
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        foreach (Route route in _clients.OfType<Route>())
            await route.DisposeAsync();
        await Relay.DisposeAsync();
        await UntilNothingIsLeft();
        await Until(() => RelayThreads().Count == 0, "all threads have ended");
        if (!ExpectsFaults)
            Assert.Empty(Log.Faults);
    }

    public T Own<T>(T client)
        where T : IAsyncDisposable
    {
        _clients.Add(client);
        return client;
    }

    // A thread may end between being listed and being asked.
    private static string ReadName(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }
}

/// <summary>Relays are tried one at a time: each test looks at the threads of the whole process.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OneRelayAtATime
{
    public const string Name = "one relay at a time";
}
