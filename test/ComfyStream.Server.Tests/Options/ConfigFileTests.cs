using System.Net;
using ComfyStream.Server.Options;
using ComfyStream.Transport;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ComfyStream.Server.Tests.Options;

public sealed class ConfigFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_option_and_channels_can_be_set()
    {
        ServeOptions options = Read(
            """
            {
              // comments are allowed
              "host": "0.0.0.0", "port": 9000, "workspace": "/srv/relay", "workflow": "invert",
              "mediaPort": "9001", "mediaHost": "127.0.0.1", "eventLoops": 2, "socketMode": "plain",
              "advertise": ["203.0.113.7", "2001:db8::1"], "iceServer": "turn:u:p@t.example.org:3478",
              "bitrate": "2.5M", "allowRaw": true, "tlsSelfSigned": true, "demo": false, "logLevel": "warning",
              "channels": { "stage": { "workflow": "background-blur" }, "plain": {} },
            }
            """);
        Assert.Equal("0.0.0.0", options.Host);
        Assert.Equal(9000, options.Port);
        Assert.Equal("/srv/relay", options.Workspace);
        Assert.Equal("invert", options.Workflow);
        Assert.Equal(9001, options.MediaPort);
        Assert.Equal(IPAddress.Loopback, options.MediaHost);
        Assert.Equal(2, options.EventLoops);
        Assert.Equal(SocketMode.Plain, options.SocketMode);
        Assert.Equal([IPAddress.Parse("203.0.113.7"), IPAddress.Parse("2001:db8::1")], options.Advertise);
        Assert.Equal([new IceServer("turn:t.example.org:3478", "u", "p")], options.IceServers);
        Assert.Equal(2_500_000, options.BitRate);
        Assert.True(options.AllowRaw);
        Assert.True(options.TlsSelfSigned);
        Assert.False(options.Demo);
        Assert.Equal(LogLevel.Warning, options.LogLevel);
        Assert.Equal("background-blur", options.Channels["stage"].Workflow);
        Assert.Null(options.Channels["plain"].Workflow);
    }

    [Theory]
    [InlineData("""{ "prot": 9000 }""", "'prot'")]
    [InlineData("""{ "media-port": 9000 }""", "mediaPort")]
    [InlineData("""{ "port": [1, 2] }""", "'port'")]
    [InlineData("""{ "port": 70000 }""", "--port")]
    [InlineData("""{ "port": 1, "port": 2 }""", "port")]
    [InlineData("""{ "demo": "yes" }""", "'demo'")]
    [InlineData("""{ "channels": [] }""", "'channels'")]
    [InlineData("""{ "channels": { "a b": {} } }""", "channels.a b")]
    [InlineData("""{ "channels": { "a": { "worflow": "x" } } }""", "channels.a.worflow")]
    [InlineData("""[]""", "object")]
    [InlineData("""{ "port": """, "not JSON")]
    public void What_is_wrong_is_named(string json, string named)
    {
        ServeException error = Assert.Throws<ServeException>(() => Read(json));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.Contains("relay.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.Contains("missing.json", Assert.Throws<ServeException>(() => ConfigFile.Read("/nowhere/missing.json")).Message, StringComparison.Ordinal);

    private ServeOptions Read(string json) => ConfigFile.Read(_folder.Write("relay.json", json));
}
