using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Security.Cryptography.X509Certificates;
using ComfyStream.Media;
using ComfyStream.Server.Access;
using ComfyStream.Server.Control;
using ComfyStream.Server.Demo;
using ComfyStream.Server.Limits;
using ComfyStream.Server.Options;
using ComfyStream.Server.Signaling;
using ComfyStream.Server.Stats;
using ComfyStream.Server.Studio;
using ComfyStream.Streaming;
using ComfyStream.Workflows;
using ComfyStream.Workflows.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Hosting;

/// <summary>The whole server: relay, workflows, codecs, HTTP and demo, composed, started and ended together.</summary>
public sealed class RelayServer : IAsyncDisposable
{
    private static readonly TimeSpan _httpPatience = TimeSpan.FromMilliseconds(500);

    // In the order in which they are made; disposed in the opposite one.
    private readonly List<object> _owned = [];
    private readonly ServeOptions _options;
    private readonly Workspace _workspace;
    private readonly CodecLibrary _codecs;
    private readonly WorkflowLibrary _library;
    private readonly ChannelWorkflows _workflows;
    private WebApplication? _http;
    private Relay? _relay;
    private Drain? _drain;

    private RelayServer(ServeOptions options)
    {
        if (options.Problem() is { Length: > 0 } problem)
            throw new ServeException(problem);
        _options = options with { AllowRaw = options.AllowRaw || options.Demo };
        _workspace = Workspace.Open(options.Workspace);
        _codecs = CodecLibrary.Load();
        ChooseInference(options);
        var frames = new VideoFramePool();
        _owned.Add(frames);
        _library = new WorkflowLibrary(_workspace.WorkflowFolders, _workspace.ModelFolders, frames, _workspace.InputFolder);
        _owned.Add(_library);
        _workflows = new ChannelWorkflows(options, _library);
    }

    /// <summary>Version of the program.</summary>
    public static string Version { get; } =
        typeof(RelayServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";

    /// <summary>Where HTTP answers, for a client on this machine.</summary>
    public Uri BaseAddress { get; private set; } = new("http://localhost");

    /// <summary>What a person should know of the running server.</summary>
    public ServeSummary Summary => new(
        BaseAddress,
        _options,
        _workspace.Path,
        _workflows.Default.Name,
        _workflows.Default.IsPassthrough,
        [.. _library.List().Select(workflow => workflow.Name)],
        _relay?.MediaEndPoints ?? [],
        _relay?.IceTcpEndPoint,
        _relay?.AnnouncedAddresses ?? [],
        _codecs.Description,
        _codecs.Problem);

    /// <summary>Pooled buffers that are out, of the relay.</summary>
    internal (int EncodedFrames, int VideoFrames, int PacketizedFrames) RentedBuffers => _relay?.RentedBuffers ?? default;

    /// <summary>Completes when the server has been drained and should be ended.</summary>
    public Task Drained => _drain!.Ended;

    /// <summary>Lets nobody new in, and waits for the sessions to end, no longer than the options say.</summary>
    public void BeginDrain() => _drain!.Begin(_options.DrainRedirect, _options.DrainDeadline);

    /// <summary>What is served.</summary>
    internal IEnumerable<RouteEndpoint> Endpoints => ((IEndpointRouteBuilder)_http!).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>();

    /// <summary>Starts a server.</summary>
    /// <param name="options">What it is started with.</param>
    /// <param name="configureLogging">Where its log lines go; null: nowhere.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="ServeException">It cannot start; the message says why and what to do.</exception>
    public static async Task<RelayServer> StartAsync(ServeOptions options, Action<ILoggingBuilder>? configureLogging, CancellationToken cancellationToken)
    {
        var server = new RelayServer(options);
        try
        {
            await server.StartAsync(configureLogging, cancellationToken);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Loads nothing where nothing is asked for: a relay that only forwards needs no models.</summary>
    private static void ChooseInference(ServeOptions options)
    {
        if (options.OnnxRuntimeLibrary is null && options.ExecutionProvider is null)
            return;
        try
        {
            InferenceRuntime.Choose(options.OnnxRuntimeLibrary, options.ExecutionProvider ?? "auto");
        }
        catch (MediaException e)
        {
            throw new ServeException(e.Message);
        }
    }

    private async Task StartAsync(Action<ILoggingBuilder>? configureLogging, CancellationToken cancellationToken)
    {
        CertificateFiles? files = _options.TlsCertificate is { } path ? Own(new CertificateFiles(new TlsFiles(path, _options.TlsKey, _options.TlsPasswordFile))) : null;
        ServerCertificate? certificate = files is not null ? ServerCertificate.Of(files)
            : _options.TlsSelfSigned ? ServerCertificate.Of(Own(SelfSignedCertificate.Create(_options.Host)))
            : null;
        WebApplication http = Own(HttpHost.Build(_options, certificate, configureLogging));
        _http = http;
        ILoggerFactory loggers = http.Services.GetRequiredService<ILoggerFactory>();
        files?.LogTo(loggers.CreateLogger<CertificateFiles>());
        _relay = Own(MediaPorts.Open(_options, _codecs.Codecs, loggers));

        var policy = new SignalingPolicy(_options);
        var whip = new WhipEndpoints(_relay, _library, _workflows, policy, loggers.CreateLogger<WhipEndpoints>());
        var whep = new WhepEndpoints(_relay, _workflows, policy, loggers.CreateLogger<WhepEndpoints>());
        Authenticator authenticator = CreateAuthenticator(loggers, out string demoToken);
        _drain = Own(new Drain(CountSessionsLeft, TimeProvider.System, loggers.CreateLogger<Drain>()));
        MapEndpoints(http, _relay, whip, whep, authenticator, _drain, loggers);
        await HttpHost.StartAsync(http, _options, cancellationToken);
        BaseAddress = HttpHost.AddressOf(http, _options);
        whip.Announce();
        whep.Announce();
        // Beside all else: nobody waits for it, and the relay ends it.
        _ = _relay.TestCandidatesAsync();

        if (_options.Demo && _codecs.Codecs is { } codecs)
        {
            HttpClient client = Own(HttpHost.CreateClient(certificate));
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", demoToken);
            var publisher = new DemoPublisher(client, codecs, loggers);
            Own(new DemoRunner(publisher, new Uri(BaseAddress, $"/whip?channelId={ServeOptions.DemoChannel}"), loggers.CreateLogger<DemoRunner>()));
        }
    }

    // The demo's own publisher would publish for ever.
    private int CountSessionsLeft() =>
        _relay!.Load.Sessions - (_options.Demo ? _relay.Sessions(SessionKind.Publisher).Count(session => session.StreamId == ServeOptions.DemoChannel) : 0);

    // The demo publishes like anyone else, by a token that nobody ever sees.
    private Authenticator CreateAuthenticator(ILoggerFactory loggers, out string demoToken)
    {
        TokenSources sources = Own(new TokenSources(_options.Auth, TimeProvider.System));
        demoToken = TokenDigest.NewToken();
        TokenEntry[] own = _options.Demo
            ? [new TokenEntry("the demo", TokenDigest.Of(demoToken), AccessRights.Publish, new ChannelPatterns([ServeOptions.DemoChannel]))]
            : [];
        return new Authenticator(_options.Auth, own, sources.All, _options.Limits.WrongTokens, TimeProvider.System, loggers.CreateLogger<Authenticator>());
    }

    private void MapEndpoints(WebApplication http, Relay relay, WhipEndpoints whip, WhepEndpoints whep, Authenticator authenticator, Drain drain, ILoggerFactory loggers)
    {
        LimitOptions limits = _options.Limits;
        http.Use(new FaultBoundary(loggers.CreateLogger<FaultBoundary>()).InvokeAsync);
        http.UseRouting();
        http.Use(CrossOrigin.InvokeAsync);
        http.Use(new SizeGate(limits).InvokeAsync);
        http.Use(RateGate.ByAddress(limits.Address, TimeProvider.System).InvokeAsync);
        http.Use(new ControlGate(_options).InvokeAsync);
        http.Use(new AccessGate(authenticator).InvokeAsync);
        http.Use(RateGate.ByToken(limits.Token, TimeProvider.System).InvokeAsync);
        var load = new LoopLoad(() => relay.LoopIdleTimes, TimeProvider.System);
        http.Use(new AdmissionGate(relay, drain, limits, load, loggers.CreateLogger<AdmissionGate>()).InvokeAsync);

        var links = new LinkHeader(_options.IceServers, _options.TurnSecret, _options.TurnLifetime, TimeProvider.System);
        var owners = new SessionOwners(authenticator.IsOn, id => relay.Contains(SessionKind.Publisher, id) || relay.Contains(SessionKind.Subscriber, id));
        var access = new SessionAccess(owners, AccessRule.OfSession(owners, _options.SessionUrlIsCapability));
        var address = new PublicAddress(_options.PublicUrl);
        whip.Map(http, links, access, address);
        whep.Map(http, links, access, address);
        new DrainEndpoint(drain, _options).Map(http);
        var health = new Health("ok", Version, _options.Demo ? ServeOptions.DemoChannel : null, _options.AllowRaw, _workflows.Default.Name, _codecs.Codecs is not null);
        new StatsEndpoints(relay, _library, health).Map(http);
        var control = new WorkflowControl(relay, _workflows);
        var pipelines = new PipelineEndpoints(control, _library, loggers.CreateLogger<PipelineEndpoints>());
        pipelines.Map(http);
        new ComfyEndpoints(_library.Catalog, _workspace.InputFolder, pipelines).Map(http);
        OpenApiDocument.Map(http);
        StudioPage.Map(http);
        http.MapFallback("{*path}", context => Problem.WriteAsync(context, 404, "Resource not found. The page is at /, publishing at /whip, watching at /whep."))
            .WithMetadata(AccessRule.Open);
    }

    private T Own<T>(T part) where T : notnull
    {
        _owned.Add(part);
        return part;
    }

    /// <summary>Ends sessions with BYE and close_notify, stops all threads and closes the ports, within 3 seconds.</summary>
    public async ValueTask DisposeAsync()
    {
        // First no new sessions, then no sessions; the log is closed last, with the HTTP host.
        if (_http is not null)
        {
            using var patience = new CancellationTokenSource(_httpPatience);
            await _http.StopAsync(patience.Token);
        }
        IEnumerable<object> inOrder = _owned.AsEnumerable().Reverse();
        foreach (object part in inOrder)
        {
            if (part is IAsyncDisposable asynchronous)
                await asynchronous.DisposeAsync();
            else
                ((IDisposable)part).Dispose();
        }
        _owned.Clear();
        _http = null;
    }
}
