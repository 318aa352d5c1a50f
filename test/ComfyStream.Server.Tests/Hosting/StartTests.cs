using System.Net;
using System.Net.Sockets;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Options;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ComfyStream.Server.Tests.Hosting;

/// <summary>Starting and ending a whole server.</summary>
public sealed class StartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private ServeOptions Options => new() { Port = 0, MediaPort = 0, Workspace = _folder.Path };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_folders_of_a_workspace_are_made()
    {
        await using RelayServer server = await RelayServer.StartAsync(Options, null, Cancel);
        Assert.Equal(["input", "models", "recordings", "workflows"], Directory.GetDirectories(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_workspace_that_is_a_file_is_refused()
    {
        string file = _folder.Write("file", "");
        ServeException error = await Assert.ThrowsAsync<ServeException>(() => RelayServer.StartAsync(Options with { Workspace = file }, null, Cancel));
        Assert.Contains("--workspace", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tcp_port_in_use_is_named_with_a_way_out()
    {
        await using RelayServer first = await RelayServer.StartAsync(Options, null, Cancel);
        ServeException error = await Assert.ThrowsAsync<ServeException>(() => RelayServer.StartAsync(Options with { Port = first.BaseAddress.Port }, null, Cancel));
        Assert.Contains($"TCP port {first.BaseAddress.Port}", error.Message, StringComparison.Ordinal);
        Assert.Contains("--port", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_media_port_in_use_is_named_with_a_way_out()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        ServeException error = await Assert.ThrowsAsync<ServeException>(() => RelayServer.StartAsync(Options with { MediaPort = port, MediaHost = IPAddress.Loopback }, null, Cancel));
        Assert.Contains($"UDP port {port}", error.Message, StringComparison.Ordinal);
        Assert.Contains("--media-port", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Media_is_reached_by_TCP_under_the_number_of_the_UDP_port_or_where_it_was_told_or_not_at_all()
    {
        int free;
        using (var udp = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp))
        {
            udp.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
            free = ((IPEndPoint)udp.LocalEndPoint!).Port;
        }

        Assert.Equal(free, await TcpPortAsync(Options with { MediaPort = free }));
        Assert.InRange(await TcpPortAsync(Options with { IceTcpPort = 0 }), 1, 65535);
        Assert.Equal(0, await TcpPortAsync(Options with { IceTcp = false }));
    }

    [Fact]
    public async Task A_media_port_that_TCP_does_not_have_is_a_warning_and_one_that_was_asked_for_is_refused()
    {
        using var taken = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        taken.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        taken.Listen();
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        var log = new LogLines();
        await using (RelayServer server = await RelayServer.StartAsync(Options with { MediaPort = port }, logging => logging.AddProvider(log), Cancel))
            Assert.Null(server.Summary.IceTcpEndPoint);
        Assert.Contains(log.All, line => line.Contains($"TCP port {port}", StringComparison.Ordinal) && line.Contains("--ice-tcp-port 0", StringComparison.Ordinal));

        ServeException error = await Assert.ThrowsAsync<ServeException>(() => RelayServer.StartAsync(Options with { IceTcpPort = port }, null, Cancel));
        Assert.Contains($"TCP port {port}", error.Message, StringComparison.Ordinal);
        Assert.Contains("--ice-tcp-port", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_media_port_of_the_number_of_HTTP_leaves_TCP_to_HTTP()
    {
        int free;
        using (var tcp = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            tcp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            free = ((IPEndPoint)tcp.LocalEndPoint!).Port;
        }

        await using RelayServer server = await RelayServer.StartAsync(Options with { Port = free, MediaPort = free }, null, Cancel);
        Assert.Equal(free, server.BaseAddress.Port);
        Assert.Null(server.Summary.IceTcpEndPoint);
    }

    [Fact]
    public async Task An_unknown_workflow_is_refused_and_the_known_ones_are_named()
    {
        ServeException error = await Assert.ThrowsAsync<ServeException>(() => RelayServer.StartAsync(Options with { Workflow = "no-such" }, null, Cancel));
        Assert.Contains("no-such", error.Message, StringComparison.Ordinal);
        Assert.Contains("passthrough", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_workflow_of_a_comfyui_folder_is_found()
    {
        _folder.Write("user/default/workflows/mine.json", """{ "1": { "class_type": "LoadTensor", "inputs": {} }, "2": { "class_type": "SaveTensor", "inputs": { "images": ["1", 0] } } }""");
        await using RelayServer server = await RelayServer.StartAsync(Options with { Workflow = "mine" }, null, Cancel);
        Assert.Equal("mine", server.Summary.Workflow);
    }

    [Fact]
    public async Task A_channel_with_an_unknown_workflow_is_named()
    {
        ServeOptions options = Options with { Channels = new Dictionary<string, ChannelOptions> { ["stage"] = new("no-such") } };
        ServeException error = await Assert.ThrowsAsync<ServeException>(() => RelayServer.StartAsync(options, null, Cancel));
        Assert.Contains("channels.stage", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_its_end_the_ports_are_free_again()
    {
        RelayServer first = await RelayServer.StartAsync(Options, null, Cancel);
        int port = first.BaseAddress.Port;
        IPEndPoint media = first.Summary.MediaEndPoints[0];
        await first.DisposeAsync();
        await using RelayServer second = await RelayServer.StartAsync(Options with { Port = port, MediaPort = media.Port }, null, Cancel);
        Assert.Equal(port, second.BaseAddress.Port);
    }

    [Fact]
    public async Task W68_Https_with_a_generated_certificate_names_this_machine()
    {
        await using RelayServer server = await RelayServer.StartAsync(Options with { TlsSelfSigned = true }, null, Cancel);
        Assert.Equal(Uri.UriSchemeHttps, server.BaseAddress.Scheme);
        bool namesMatch = false;
        using var handler = new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) =>
            {
                namesMatch = certificate!.MatchesHostname("127.0.0.1") && certificate.MatchesHostname("localhost");
                return true;
            },
        };
        using var http = new HttpClient(handler);
        using HttpResponseMessage response = await http.GetAsync(new Uri(server.BaseAddress, "/health"), Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(namesMatch);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(240)]
    public async Task W69_Over_http_2_a_long_prompts_is_read_too(int kibibytes)
    {
        await using RelayServer server = await RelayServer.StartAsync(Options with { TlsSelfSigned = true }, null, Cancel);
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using var http = new HttpClient(handler) { DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var offer = new StringContent(Offers.Publish, System.Text.Encoding.UTF8, "application/sdp");
        using HttpResponseMessage response = await http.PostAsync(new Uri(server.BaseAddress, $"/whip?prompts=%7B{new string('x', kibibytes * 1024)}"), offer, Cancel);
        Assert.Equal(HttpVersion.Version20, response.Version);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("prompts", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    private static async Task<int> TcpPortAsync(ServeOptions options)
    {
        await using RelayServer server = await RelayServer.StartAsync(options, null, Cancel);
        return server.Summary.IceTcpEndPoint?.Port ?? 0;
    }
}
