using System.Net;
using ComfyStream.Server.Access;
using ComfyStream.Server.Limits;
using ComfyStream.Streaming.Addresses;
using ComfyStream.Transport;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Options;

/// <summary>What <c>serve</c> is started with. Immutable; made by <see cref="ServeSettings"/> from flags and the config file.</summary>
public sealed record ServeOptions
{
    /// <summary>Address or host name of the HTTP port.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>TCP port of HTTP; 0: any free one.</summary>
    public int Port { get; init; } = 8889;

    /// <summary>Folder with <c>workflows/</c>, <c>models/</c>, <c>input/</c> and <c>recordings/</c>; or a ComfyUI folder.</summary>
    public string Workspace { get; init; } = DefaultWorkspace();

    /// <summary>Name or file of the workflow of channels that name none.</summary>
    public string Workflow { get; init; } = "passthrough";

    /// <summary>File of the ONNX Runtime build that runs models; null: the one that ships.</summary>
    public string? OnnxRuntimeLibrary { get; init; }

    /// <summary>What models run on; null: the CPU, or the fastest that works where <see cref="OnnxRuntimeLibrary"/> names a build.</summary>
    public string? ExecutionProvider { get; init; }

    /// <summary>UDP port of the first event loop; the next loops take the following ones. 0: any free ones.</summary>
    public int MediaPort { get; init; } = 8890;

    /// <summary>Whether clients whose network blocks UDP can connect by TCP.</summary>
    public bool IceTcp { get; init; } = true;

    /// <summary>TCP port for them; 0: any free one; null: the number of <see cref="MediaPort"/>, and none when that is in use.</summary>
    public int? IceTcpPort { get; init; }

    /// <summary>Local address of the media sockets.</summary>
    public IPAddress MediaHost { get; init; } = IPAddress.IPv6Any;

    /// <summary>Event loops, each a thread with a socket of its own.</summary>
    public int EventLoops { get; init; } = 1;

    /// <summary>How the media sockets talk to the kernel; null: the best way that works here.</summary>
    public SocketMode? SocketMode { get; init; }

    /// <summary>Addresses announced as candidates; empty: those of the interfaces.</summary>
    public IReadOnlyList<AdvertisedAddress> Advertise { get; init; } = [];

    /// <summary>Interfaces whose addresses are announced.</summary>
    public InterfaceFilter Interfaces { get; init; } = new();

    /// <summary>ICE servers that clients are told of, in <c>Link</c> headers.</summary>
    public IReadOnlyList<IceServer> IceServers { get; init; } = [IceServer.Default];

    /// <summary>Shared with the TURN servers that have neither fixed credentials nor a secret of their own; null: none.</summary>
    public SharedSecret? TurnSecret { get; init; }

    /// <summary>How long credentials that are made by a shared secret are valid.</summary>
    public TimeSpan TurnLifetime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Target of the video encoder in bit/s.</summary>
    public int BitRate { get; init; } = 2_000_000;

    /// <summary>Whether <c>streamId=channel/raw</c> is served. The demo needs it and turns it on.</summary>
    public bool AllowRaw { get; init; }

    /// <summary>How long viewers keep the last picture after the publisher's has stopped.</summary>
    public TimeSpan GraceTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long viewers may wait for a publisher; zero: for ever.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Whether a viewer who comes before the publisher is refused instead of waiting; channels may say otherwise.</summary>
    public bool RejectsIdle { get; init; }

    /// <summary>Whether a second publisher is refused instead of taking the channel over; channels may say otherwise.</summary>
    public bool RejectsTakeover { get; init; }

    /// <summary>Whether clients have to name the ICE session of their candidates (If-Match), as RFC 9725 asks.</summary>
    public bool SignalingStrict { get; init; }

    /// <summary>Whether clients that believe to be controlled in ICE are served, instead of being told of the conflict.</summary>
    public bool ToleratesIceRoleConflict { get; init; }

    /// <summary>HTTPS with a certificate generated at start.</summary>
    public bool TlsSelfSigned { get; init; }

    /// <summary>Whether the built-in demo publishes to the channel <see cref="DemoChannel"/>.</summary>
    public bool Demo { get; init; }

    /// <summary>Least level that is logged.</summary>
    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>Settings of single channels, by name.</summary>
    public IReadOnlyDictionary<string, ChannelOptions> Channels { get; init; } = new Dictionary<string, ChannelOptions>();

    /// <summary>Certificate of HTTPS in files; null: none.</summary>
    public string? TlsCertificate { get; init; }

    /// <summary>PEM of its key; null: it is in the same file.</summary>
    public string? TlsKey { get; init; }

    /// <summary>File with the password of a PFX file or an encrypted key; null: none.</summary>
    public string? TlsPasswordFile { get; init; }

    /// <summary>Whether HTTP is served over TLS.</summary>
    public bool IsHttps => TlsSelfSigned || TlsCertificate is not null;

    /// <summary>Where clients reach this server, as behind a proxy; null: where they say that they do.</summary>
    public Uri? PublicUrl { get; init; }

    /// <summary>Proxies whose forwarded headers are believed, besides those on this machine.</summary>
    public IReadOnlyList<IPNetwork> TrustedProxies { get; init; } = [];

    /// <summary>Origins whose pages may use the control endpoints, besides our own.</summary>
    public IReadOnlyList<Uri> ControlOrigins { get; init; } = [];

    /// <summary>Where new sessions are sent while draining; null: nowhere.</summary>
    public Uri? DrainRedirect { get; init; }

    /// <summary>How long draining may take.</summary>
    public TimeSpan DrainDeadline { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How much is let in.</summary>
    public LimitOptions Limits { get; init; } = new();

    /// <summary>Who is let in.</summary>
    public AuthOptions Auth { get; init; } = new();

    /// <summary>Whether, with tokens asked for, requests to a session need none: its address is then the key to it.</summary>
    public bool SessionUrlIsCapability { get; init; }

    /// <summary>Channel of the demo.</summary>
    public const string DemoChannel = "demo";

    /// <summary>Channel of requests that name none.</summary>
    public const string DefaultChannel = "default";

    /// <summary>Workflow of the demo.</summary>
    public const string DemoWorkflow = "background-blur";

    /// <summary>Whether only clients on this machine reach HTTP, but for those of a proxy.</summary>
    public bool IsLocal =>
        IPAddress.TryParse(Host, out IPAddress? address) ? IPAddress.IsLoopback(address) : Host.Equals("localhost", StringComparison.OrdinalIgnoreCase);

    /// <summary>What is wrong with options that are each fine alone; "" when nothing is.</summary>
    public string Problem()
    {
        if (MediaPort != 0 && MediaPort + EventLoops - 1 > 65535)
            return $"--event-loops {EventLoops} needs as many UDP ports from --media-port {MediaPort} on, and 65535 is the last; choose a lower port.";
        if (Advertise.FirstOrDefault(address => address.Port + EventLoops - 1 > 65535) is { } mapped)
            return $"--advertise {mapped} and --event-loops {EventLoops} need as many ports from {mapped.Port} on, and 65535 is the last; choose a lower port.";
        if (IceServers.FirstOrDefault(server => server.NeedsSecret && (server.Secret ?? TurnSecret) is null) is { } turn)
            return $"--ice-server {turn} needs credentials: name the secret that it shares with this server by --turn-secret-file, or write turn:user:password@host:port.";
        if (IceTcpPort is > 0 && IceTcpPort == Port)
            return $"--ice-tcp-port {IceTcpPort} is the port of HTTP; choose another, or off.";
        if (TlsCertificate is null && (TlsKey ?? TlsPasswordFile) is not null)
            return "--tls-key and --tls-password-file belong to --tls-certificate; name the certificate too.";
        if (TlsCertificate is not null && TlsSelfSigned)
            return "--tls-certificate and --tls-self-signed exclude each other; leave one out.";
        return "";
    }

    private static string DefaultWorkspace()
    {
        string data = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return data.Length > 0 ? Path.Combine(data, "comfystream") : Path.GetFullPath("comfystream-workspace");
    }
}

/// <summary>Settings of one channel.</summary>
/// <param name="Workflow">Name or file of its workflow; null: that of the server.</param>
/// <param name="RejectsIdle">Whether a viewer who comes before the publisher is refused; null: as the server.</param>
/// <param name="RejectsTakeover">Whether a second publisher is refused; null: as the server.</param>
public sealed record ChannelOptions(string? Workflow = null, bool? RejectsIdle = null, bool? RejectsTakeover = null);
