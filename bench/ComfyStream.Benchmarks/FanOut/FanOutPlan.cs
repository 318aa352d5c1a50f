using System.Net;
using ComfyStream.Benchmarks.Relaying;

namespace ComfyStream.Benchmarks.FanOut;

/// <summary>What one run of the load generator does.</summary>
internal sealed record FanOutPlan
{
    /// <summary>Viewers of each publisher, step after step.</summary>
    public required int[] Steps { get; init; }

    public required int Seconds { get; init; }

    public int JoinsPerSecond { get; init; } = 50;

    /// <summary>Joins before those that are measured: a server that has run for a while has compiled its code. 0: none, and joins are not measured by themselves.</summary>
    public int WarmUpJoins { get; init; }

    /// <summary>Of the relay.</summary>
    public int EventLoops { get; init; } = 1;

    /// <summary>The only SRTP profile that viewers offer: gcm or cm.</summary>
    public string Profile { get; init; } = Gcm;

    public string Workflow { get; init; } = Passthrough;

    public int Publishers { get; init; } = 1;

    /// <summary>Settings of the relay's runtime, <c>NAME=VALUE</c> with spaces between; each becomes a variable <c>DOTNET_NAME</c> of its environment.</summary>
    public string RuntimeSettings { get; init; } = "";

    /// <summary>A server that runs already; null: a relay is started.</summary>
    public RunningServer? Server { get; init; }

    /// <summary>Whether the run is only to show that it runs.</summary>
    public bool IsSmoke { get; init; }

    public const string Gcm = "gcm";
    public const string Cm = "cm";
    public const string Passthrough = "passthrough";

    /// <summary>The name by which TLS libraries know the profile.</summary>
    public string SrtpProfile => Profile == Cm ? "SRTP_AES128_CM_SHA1_80" : "SRTP_AEAD_AES_128_GCM";

    public string Description =>
        $"{(Server is null ? $"{Workflow}, {EventLoops} {(EventLoops == 1 ? "event loop" : "event loops")}, " : $"{Server.Whep}, ")}{(Profile == Cm ? "AES_CM_128_HMAC_SHA1_80" : "AEAD_AES_128_GCM")}"
        + (Publishers > 1 ? $", {Publishers} publishers" : "");
}

/// <summary>A server that somebody else has started.</summary>
/// <param name="Whep">Where viewers join.</param>
/// <param name="Whip">Where the generator publishes; null: somebody else does.</param>
/// <param name="ProcessId">Its process, if it runs here and is to be measured.</param>
/// <param name="IsLocal">Whether it is reached over loopback addresses.</param>
internal sealed record RunningServer(Uri Whep, Uri? Whip, int? ProcessId, bool IsLocal)
{
    private const string AllowRemote = "allow-remote";

    /// <exception cref="ArgumentException">An address is none, or another machine's and nobody said that this is meant.</exception>
    public static RunningServer Parse(Arguments arguments)
    {
        Uri whep = ParseUrl(arguments, "url");
        Uri? whip = arguments.Has("whip-url") ? ParseUrl(arguments, "whip-url") : null;
        int? process = arguments.Has("server-pid") ? arguments.Number("server-pid", 0, most: int.MaxValue) : null;
        if (process is { } id && !Directory.Exists($"/proc/{id}"))
            throw new ArgumentException($"--server-pid: there is no process {id}.");
        return new RunningServer(whep, whip, process, IsLoopback(whep));
    }

    private static Uri ParseUrl(Arguments arguments, string option)
    {
        string text = arguments.Text(option, "");
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException($"--{option} is an address such as http://127.0.0.1:8889/whep?streamId=cam, not '{text}'.");
        return IsLoopback(url) || arguments.Has(AllowRemote)
            ? url
            : throw new ArgumentException(
                $"--{option} is on another machine, {url.Host}: hundreds of viewers at once are an attack on whoever did not ask for them, so only loopback addresses are taken. "
                + $"--{AllowRemote} says that it is yours and that the network between can bear it.");
    }

    // Names are not resolved: what they lead to may change between the check and the connection.
    private static bool IsLoopback(Uri url) => url.Host == "localhost" || (IPAddress.TryParse(url.Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
}
