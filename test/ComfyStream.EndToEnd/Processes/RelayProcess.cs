using System.Runtime.InteropServices;
using System.Text.Json;

namespace ComfyStream.EndToEnd.Processes;

/// <summary>The relay as a user runs it: a process on free ports of the loopback interface. Ends by SIGTERM and must exit with 0.</summary>
public class RelayProcess : IAsyncLifetime
{
    private static readonly TimeSpan _startLimit = TimeSpan.FromSeconds(60);

    // The promise is 3 s from the signal; the rest is for a busy machine.
    private static readonly TimeSpan _endLimit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan _lossLimit = TimeSpan.FromSeconds(60);

    private readonly string[] _options;
    private ChildProcess? _process;

    public RelayProcess()
        : this([])
    {
    }

    protected RelayProcess(string[] options) => _options = options;

    /// <summary>Its folder for workflows and models, for as long as it runs.</summary>
    protected string Workspace { get; } = Directory.CreateTempSubdirectory("comfystream-e2e-").FullName;

    /// <summary>Where it answers.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    // Certificates of tests are signed by themselves.
    public HttpClient Http { get; } = new(new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator });

    public IReadOnlyList<string> Lines => _process?.Lines ?? [];

    public string Tail => _process?.Tail ?? "";

    /// <summary>The arguments; clients are on this machine unless the options advertise another address.</summary>
    public static string[] Serve(string workspace, params string[] options)
    {
        string[] advertised = options.Contains("--advertise") ? [] : ["--advertise", "127.0.0.1"];
        string[] iceServers = options.Contains("--ice-server") ? [] : ["--ice-server", "none"];
        string[] mediaPort = options.Contains("--media-port") ? [] : ["--media-port", "0"];
        return ["serve", "--port", "0", .. mediaPort, .. advertised, .. iceServers, "--allow-raw", "--workspace", workspace, .. options];
    }

    internal static ChildProcess Start(params IEnumerable<string> arguments) =>
        ChildProcess.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "comfystream.dll"), .. arguments]);

    internal static async Task<Uri> AddressOfAsync(ChildProcess process)
    {
        string open = await process.LineWithAsync("Open ", _startLimit);
        // The workspace stands in the last line of the panel: then all of it is there.
        await process.LineWithAsync("Workspace", _startLimit);
        return new Uri(open[open.IndexOf("http", StringComparison.Ordinal)..].Trim());
    }

    public async ValueTask InitializeAsync()
    {
        _process = Start(Serve(Workspace, _options));
        try
        {
            Address = await AddressOfAsync(_process);
            Http.BaseAddress = Address;
            Assert.Equal("ok", (await GetAsync("/health")).GetProperty("status").GetString());
        }
        catch
        {
            // Nobody else ends what was never handed out.
            await _process.DisposeAsync();
            throw;
        }
    }

    public string Whip(string channel, string prompts = "") =>
        new Uri(Address, $"/whip?channelId={channel}" + (prompts.Length > 0 ? $"&prompts={Uri.EscapeDataString(prompts)}" : "")).ToString();

    public string Whep(string stream) => new Uri(Address, $"/whep?streamId={Uri.EscapeDataString(stream)}").ToString();

    /// <summary>The JSON at a path.</summary>
    public async Task<JsonElement> GetAsync(string path) =>
        JsonDocument.Parse(await Http.GetStringAsync(path, TestContext.Current.CancellationToken)).RootElement;

    /// <summary>The entry of a stream in <c>/processing/status</c>; undefined when there is none.</summary>
    public async Task<JsonElement> StreamAsync(string channel) => (await GetAsync("/processing/status"))
        .GetProperty("streams").EnumerateArray().FirstOrDefault(stream => stream.GetProperty("channel").GetString() == channel);

    /// <summary>Waits until no client is left: a page that is closed ends without a word, and is given up after 30 s (RFC 7675).</summary>
    public Task NoSessionsAsync() => Eventually.PassesAsync(
        async () => await Http.GetStringAsync("/whip-stats", TestContext.Current.CancellationToken) + await Http.GetStringAsync("/whep-stats", TestContext.Current.CancellationToken),
        both => both.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal).Trim().Length == 0,
        "no sessions are left",
        _lossLimit);

    /// <summary>Ends it by a signal, unless it ended before, and checks that it found no fault in itself.</summary>
    public async Task EndAsync(PosixSignal signal)
    {
        if (!_process!.HasExited)
            _process.Signal(signal);
        int code = await _process.ExitAsync(_endLimit);
        if (code != 0 || Lines.Any(IsFault))
            throw new InvalidOperationException($"The relay ended with {code}:\n{Tail}");
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (_process is { } process)
        {
            await using (process)
                await EndAsync(PosixSignal.SIGTERM);
        }
        Directory.Delete(Workspace, recursive: true);
        GC.SuppressFinalize(this);
    }

    private static bool IsFault(string line) =>
        line.StartsWith("CRITICAL:", StringComparison.Ordinal) || line.StartsWith("ERROR:", StringComparison.Ordinal) || line.StartsWith("Unhandled exception", StringComparison.Ordinal);
}
