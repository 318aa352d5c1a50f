using ComfyStream.EndToEnd.Browser;
using ComfyStream.EndToEnd.Links;
using ComfyStream.EndToEnd.Processes;
using ComfyStream.Server.Options;
using Microsoft.Playwright;

namespace ComfyStream.EndToEnd.Turn;

/// <summary>
/// The relay's own page in a Chromium whose network lets nothing out but HTTP to the relay and one protocol to a TURN server: nft rules
/// of a namespace that ends with the test.
/// </summary>
internal sealed class TurnedPage : IAsyncDisposable
{
    private const string Channel = "turned";
    private static readonly string? _screenshotFolder = Environment.GetEnvironmentVariable("COMFYSTREAM_TEST_SCREENSHOTS");

    // The page keeps its connections to itself: they are noted when they are made.
    private const string NotePeers =
        "window.peers = []; const Native = RTCPeerConnection; window.RTCPeerConnection = class extends Native { constructor(...all) { super(...all); peers.push(this); } };";

    private readonly Parts _parts;

    private TurnedPage(Parts parts, LinkRelay relay, TurnServer turn, IPage page) => (_parts, Relay, Turn, Page) = (parts, relay, turn, page);

    public LinkRelay Relay { get; }

    public TurnServer Turn { get; }

    public IPage Page { get; }

    /// <param name="transport">udp or tcp: how the TURN server is reached. Everything else is dropped.</param>
    /// <param name="relaySecret">What the relay makes credentials by.</param>
    /// <param name="turnSecret">What the TURN server checks them by.</param>
    public static async Task<TurnedPage> OpenAsync(string transport, string relaySecret, string turnSecret)
    {
        var parts = new Parts();
        try
        {
            LinkEmulator link = parts.Add(Conditions.Require(LinkConditions.Clear));
            TurnServer turn = parts.Add(await TurnServer.StartAsync(link.OuterAddress, turnSecret));
            using var secret = new SecretFile(relaySecret);
            LinkRelay relay = parts.Add(new LinkRelay(link, "--ice-server", $"turn:{turn.Address}?transport={transport}", "--turn-secret-file", secret.Path, "--log-level", "debug"));
            await relay.InitializeAsync();
            parts.Add(await ScenePublisher.StartAsync(relay.Whip(Channel)));
            LetOut(link, transport, turn.Address.Port, relay.Address.Port);
            LinkBrowser browser = parts.Add(await LinkBrowser.StartAsync(link));
            IPage page = await browser.OpenAsync(new Uri(relay.Address, $"/?channel={Channel}"), NotePeers);
            return new TurnedPage(parts, relay, turn, page);
        }
        catch
        {
            await parts.DisposeAsync();
            throw;
        }
    }

    /// <summary>The candidate that the page's media leaves by.</summary>
    public Task<UsedCandidate> UsedAsync() => Page.EvaluateAsync<UsedCandidate>(
        """
        async () => {
          const reports = await peers.at(-1)?.getStats() ?? new Map();
          const all = [...reports.values()];
          const pair = reports.get(all.find(report => report.type === "transport")?.selectedCandidatePairId);
          const local = reports.get(pair?.localCandidateId) ?? {};
          const remote = reports.get(pair?.remoteCandidateId) ?? {};
          const picture = all.find(report => report.type === "inbound-rtp" && report.kind === "video") ?? {};
          return {
            type: local.candidateType ?? "", protocol: local.relayProtocol ?? local.protocol ?? "",
            remote: `${remote.protocol} ${remote.address}:${remote.port}`, framesDecoded: picture.framesDecoded ?? 0,
          };
        }
        """);

    /// <summary>For a person who wants to look.</summary>
    public async Task ShowAsync(string name)
    {
        if (_screenshotFolder is not null)
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(_screenshotFolder, name + ".png") });
    }

    public ValueTask DisposeAsync() => _parts.DisposeAsync();

    private static void LetOut(LinkEmulator link, string transport, int turnPort, int httpPort)
    {
        link.Inside.Run("nft", "add", "table", "inet", "wall");
        link.Inside.Run("nft", "add", "chain", "inet", "wall", "out", "{ type filter hook output priority 0; policy drop; }");
        link.Inside.Run("nft", "add", "rule", "inet", "wall", "out", "oif", "lo", "accept");
        link.Inside.Run("nft", "add", "rule", "inet", "wall", "out", "ip", "daddr", $"{link.OuterAddress}", "tcp", "dport", $"{httpPort}", "accept");
        link.Inside.Run("nft", "add", "rule", "inet", "wall", "out", "ip", "daddr", $"{link.OuterAddress}", transport, "dport", $"{turnPort}", "accept");
    }

    private sealed class SecretFile : IDisposable
    {
        public SecretFile(string secret) => File.WriteAllText(Path, secret);

        public string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }
}

/// <summary>What getStats() says of the selected pair.</summary>
internal sealed record UsedCandidate
{
    /// <summary>host, srflx, prflx or relay.</summary>
    public string Type { get; init; } = "";

    /// <summary>Of a relay candidate: how the TURN server is reached.</summary>
    public string Protocol { get; init; } = "";
    public string Remote { get; init; } = "";
    public int FramesDecoded { get; init; }
}
