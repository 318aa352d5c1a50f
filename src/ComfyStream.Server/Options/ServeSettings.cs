using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using ComfyStream.Streaming.Addresses;
using ComfyStream.Transport;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Options;

/// <summary>All options of <c>serve</c>, in the order of the help. Flags and the config file are both read by this table.</summary>
public static class ServeSettings
{
    /// <summary>The table.</summary>
    public static IReadOnlyList<ServeSetting> All { get; } =
    [
        One("host", "ADDRESS", "Address of the HTTP port; 0.0.0.0 for every one, which lets others in (docs/access.md). Default 127.0.0.1.",
            (options, text) => options with { Host = HostName(text) }),
        One("port", "PORT", "TCP port of HTTP; 0 takes a free one. Default 8889.",
            (options, text) => options with { Port = Number("port", text, 0, 65535) }),
        One("workspace", "DIR", "Folder whose workflows/, models/, input/ and recordings/ come before what ships; made if missing. A ComfyUI folder works too. Default ~/.local/share/comfystream.",
            (options, text) => options with { Workspace = NotEmpty("workspace", text) }),
        One("workflow", "NAME|FILE", "Workflow of channels that name none. Default passthrough: forwarded as it came.",
            (options, text) => options with { Workflow = NotEmpty("workflow", text) }),
        One("onnxruntime-library", "FILE", "A build of ONNX Runtime to run models with, as one for GPUs: .../lib/libonnxruntime.so. Default the one that ships, for CPUs.",
            (options, text) => options with { OnnxRuntimeLibrary = NotEmpty("onnxruntime-library", text) }),
        One("execution-provider", "NAME", "What models run on: cpu, cuda, tensorrt, migraphx, rocm, openvino, or auto for the fastest that works. Default auto with --onnxruntime-library, else cpu.",
            (options, text) => options with { ExecutionProvider = NotEmpty("execution-provider", text) }),
        One("media-port", "PORT", "UDP port of the first event loop, the next ones follow; 0 takes free ones. Default 8890.",
            (options, text) => options with { MediaPort = Number("media-port", text, 0, 65535) }),
        One("ice-tcp-port", "PORT|off", "TCP port for clients whose network blocks UDP; 0 takes a free one, off is none. Default the number of --media-port.",
            (options, text) => text == "off" ? options with { IceTcp = false, IceTcpPort = null } : options with { IceTcp = true, IceTcpPort = Number("ice-tcp-port", text, 0, 65535) }),
        One("media-host", "IP", "Local address of the media sockets. Default all.",
            (options, text) => options with { MediaHost = Address("media-host", text) }),
        One("event-loops", "N", "Network threads, 1 to 64, each with a UDP port of its own. Default 1, enough for some hundred viewers.",
            (options, text) => options with { EventLoops = Number("event-loops", text, 1, 64) }),
        One("socket-mode", "MODE", "How the media sockets talk to the kernel: segmented, batched or plain; auto tries them in this order. Default auto.",
            (options, text) => options with { SocketMode = Mode(text) }),
        Many("advertise", "ADDRESS", "Address or name at which clients reach the media ports; repeatable. Behind NAT the public one, with the port that is mapped: 203.0.113.7:40000, only for UDP or TCP 203.0.113.7:443/tcp; 'interfaces' for those too. Default the interfaces' addresses.",
            (options, texts) => options with { Advertise = [.. texts.Select(Advertised)] }),
        Many("interface", "NAME", "Interface whose addresses are announced; repeatable, eth0, wlan*, or !tun0 to leave one out. Default all but those of containers and virtual machines.",
            (options, texts) => options with { Interfaces = new InterfaceFilter([.. texts.Select(InterfacePattern)]) }),
        Many("ice-server", "URL", "STUN or TURN server that clients are told of; repeatable: stun:host:port, turn:host:port?transport=udp, or none. Default a public STUN server.",
            (options, texts) => options with { IceServers = IceServers(texts) }),
        One("turn-secret-file", "FILE", "File with the secret that a TURN server shares (coturn: static-auth-secret): each client gets credentials of its own, which expire.",
            (options, text) => options with { TurnSecret = SharedSecret.Read(NotEmpty("turn-secret-file", text), "--turn-secret-file") }),
        One("turn-lifetime", "SECONDS", "How long these credentials are valid, 60 to 604800. Default 3600.",
            (options, text) => options with { TurnLifetime = Seconds("turn-lifetime", text, 604800, least: 60) }),
        One("bitrate", "BPS", "Target of the video encoder in bit/s, 50k to 100M; 2.5M and 800k are understood. Default 2M.",
            (options, text) => options with { BitRate = BitRate(text) }),
        Switch("allow-raw", "Serve the input as it came under streamId=CHANNEL/raw. Off by default: it undoes a privacy blur.",
            (options, isOn) => options with { AllowRaw = isOn }),
        One("grace-time", "SECONDS", "How long viewers keep the last picture after the publisher's has stopped, before they see a slate; 0 to 3600. Default 10.",
            (options, text) => options with { GraceTime = Seconds("grace-time", text, 3600) }),
        One("idle-timeout", "SECONDS", "How long viewers may wait for a publisher before they are sent away; 0 for ever. Default 1800.",
            (options, text) => options with { IdleTimeout = Seconds("idle-timeout", text, 604800) }),
        One("idle", "wait|reject", "What becomes of a viewer who comes before the publisher: it waits with a slate, or gets 409 and comes back later. Default wait.",
            (options, text) => options with { RejectsIdle = IsReject("--idle", text, "wait") }),
        One("publisher", "takeover|reject", "What becomes of a second publisher on a channel: it takes over and the viewers stay, or gets 409. Default takeover.",
            (options, text) => options with { RejectsTakeover = IsReject("--publisher", text, "takeover") }),
        Switch("signaling-strict", "Ask for If-Match on every PATCH, as RFC 9725 does. Off by default: clients in the field leave it out.",
            (options, isOn) => options with { SignalingStrict = isOn }),
        Switch("ice-role-conflict-tolerated", "Serve clients that believe to be controlled in ICE, as we are, instead of telling them (487). Off by default: no client is known to need it.",
            (options, isOn) => options with { ToleratesIceRoleConflict = isOn }),
        Switch("tls-self-signed", "HTTPS with a certificate generated at start, so that a camera page works from another device (browsers warn once).",
            (options, isOn) => options with { TlsSelfSigned = isOn }),
        One("tls-certificate", "FILE", "HTTPS with a certificate from a file: PEM with its chain, or PFX. Read again when it changes.",
            (options, text) => options with { TlsCertificate = NotEmpty("tls-certificate", text) }),
        One("tls-key", "FILE", "PEM file of the certificate's key, when it is not in the same file.",
            (options, text) => options with { TlsKey = NotEmpty("tls-key", text) }),
        One("tls-password-file", "FILE", "File that holds the password of a PFX file or of an encrypted key.",
            (options, text) => options with { TlsPasswordFile = NotEmpty("tls-password-file", text) }),
        One("public-url", "URL", "Where clients reach this server, as https://relay.example.org behind a proxy. Default what their requests say.",
            (options, text) => options with { PublicUrl = Origin("public-url", text) }),
        Many("trusted-proxy", "IP|NETWORK", "Proxy whose X-Forwarded-For, -Proto and -Host are believed; repeatable: 10.0.0.2 or 10.0.0.0/8. Those on this machine always are.",
            (options, texts) => options with { TrustedProxies = [.. texts.Select(Proxy)] }),
        Many("control-origin", "URL", "Origin whose pages may use the control endpoints, besides this server's own; repeatable.",
            (options, texts) => options with { ControlOrigins = [.. texts.Select(text => Origin("control-origin", text))] }),
        One("drain-redirect", "URL", "Another server, to which new clients are sent while this one drains (SIGUSR1, comfystream drain). Default none: 503.",
            (options, text) => options with { DrainRedirect = Origin("drain-redirect", text) }),
        One("drain-deadline", "SECONDS", "How long draining waits for the sessions to end before it ends them; 0 to 86400. Default 300.",
            (options, text) => options with { DrainDeadline = Seconds("drain-deadline", text, 86400) }),
        Switch("session-url-is-capability", "With tokens asked for, let requests to a session pass without one, for clients that send none there: its address is then the key to it.",
            (options, isOn) => options with { SessionUrlIsCapability = isOn }),
        Switch("demo", "Publish a built-in scene with a person to the channel demo, through background-blur. Turns --allow-raw on.",
            (options, isOn) => options with { Demo = isOn }),
        One("log-level", "LEVEL", "debug, info, warning or error. Default info.",
            (options, text) => options with { LogLevel = Level(text) }),
    ];

    private static ServeSetting One(string name, string valueName, string description, Func<ServeOptions, string, ServeOptions> apply) =>
        new(name, valueName, IsRepeatable: false, description, (options, texts) =>
            texts.Count == 1 ? apply(options, texts[0]) : throw new ServeException($"--{name} takes one value, and got {texts.Count}."));

    private static ServeSetting Many(string name, string valueName, string description, Func<ServeOptions, IReadOnlyList<string>, ServeOptions> apply) =>
        new(name, valueName, IsRepeatable: true, description, apply);

    private static ServeSetting Switch(string name, string description, Func<ServeOptions, bool, ServeOptions> apply) =>
        new(name, ValueName: null, IsRepeatable: false, description, (options, texts) =>
            bool.TryParse(texts.Count == 1 ? texts[0] : "", out bool isOn)
                ? apply(options, isOn)
                : throw new ServeException($"--{name} is true or false."));

    /// <summary>Reads one of two words, the second of which is reject.</summary>
    internal static bool IsReject(string name, string text, string other) => text == "reject" || (text == other
        ? false
        : throw new ServeException($"{name} '{text}' must be {other} or reject."));

    private static string NotEmpty(string name, string text) =>
        string.IsNullOrWhiteSpace(text) ? throw new ServeException($"--{name} is empty.") : text;

    private static string HostName(string text)
    {
        string host = text.StartsWith('[') && text.EndsWith(']') ? text[1..^1] : text;
        return Uri.CheckHostName(host) == UriHostNameType.Unknown
            ? throw new ServeException($"--host '{text}' is neither an IP address nor a host name; 127.0.0.1 is this machine only, 0.0.0.0 every address.")
            : host;
    }

    private static int Number(string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw new ServeException($"--{name} '{text}' must be a number from {least} to {most}.");

    private static TimeSpan Seconds(string name, string text, int most, int least = 0) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double seconds) && seconds >= least && seconds <= most
            ? TimeSpan.FromSeconds(seconds)
            : throw new ServeException($"--{name} '{text}' must be a number of seconds from {least} to {most}.");

    private static IPAddress Address(string name, string text) =>
        IPAddress.TryParse(text, out IPAddress? address)
            ? address
            : throw new ServeException($"--{name} '{text}' is no IP address.");

    private static Uri Origin(string name, string text) =>
        TryReadOrigin(text, out Uri? url) ? url : throw new ServeException($"--{name} '{text}' must be an address as https://relay.example.org, without user, query or fragment.");

    /// <summary>Reads the address of a server, perhaps with a path before its endpoints.</summary>
    internal static bool TryReadOrigin(string text, [NotNullWhen(true)] out Uri? url) =>
        Uri.TryCreate(text, UriKind.Absolute, out url) && (url.Scheme is "http" or "https") && url.UserInfo.Length == 0 && url.Query.Length == 0 && url.Fragment.Length == 0;

    private static IPNetwork Proxy(string text) =>
        IPNetwork.TryParse(text, out IPNetwork network) ? network
        : IPAddress.TryParse(text, out IPAddress? address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8)
        : throw new ServeException($"--trusted-proxy '{text}' must be an IP address or a network as 10.0.0.0/8.");

    private static AdvertisedAddress Advertised(string text) =>
        AdvertisedAddress.TryParse(text, out AdvertisedAddress? address, out string problem) ? address : throw new ServeException($"--advertise {problem}");

    private static string InterfacePattern(string text) => InterfaceFilter.IsPattern(text)
        ? text
        : throw new ServeException($"--interface '{text}' must be the name of an interface as eth0, wlan* or !tun0.");

    private static IReadOnlyList<IceServer> IceServers(IReadOnlyList<string> texts)
    {
        if (texts is ["none"])
            return [];
        return [.. texts.Select(OneIceServer)];
    }

    /// <summary>Reads one server that clients are told of.</summary>
    internal static IceServer OneIceServer(string text) =>
        IceServer.TryParse(text, out IceServer? server, out string problem) ? server : throw new ServeException($"--ice-server: {problem}");

    private static int BitRate(string text)
    {
        double unit = text.Length == 0 ? 1 : text[^1] switch { 'k' or 'K' => 1e3, 'm' or 'M' => 1e6, _ => 1 };
        string digits = unit == 1 ? text : text[..^1];
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value * unit is >= 50e3 and <= 100e6
            ? (int)Math.Round(value * unit)
            : throw new ServeException($"--bitrate '{text}' must be 50k to 100M bit/s, as 2000000, 2.5M or 800k.");
    }

    private static SocketMode? Mode(string text) => text.ToLowerInvariant() switch
    {
        "auto" => null,
        "segmented" => SocketMode.Segmented,
        "batched" => SocketMode.Batched,
        "plain" => SocketMode.Plain,
        _ => throw new ServeException($"--socket-mode '{text}' must be auto, segmented, batched or plain."),
    };

    private static LogLevel Level(string text) => text.ToLowerInvariant() switch
    {
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "warning" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => throw new ServeException($"--log-level '{text}' must be debug, info, warning or error."),
    };
}
