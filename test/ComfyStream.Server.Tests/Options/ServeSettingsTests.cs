using ComfyStream.Server.Options;
using Xunit;

namespace ComfyStream.Server.Tests.Options;

public sealed class ServeSettingsTests
{
    [Theory]
    [InlineData("host", "not a host")]
    [InlineData("host", "")]
    [InlineData("port", "-1")]
    [InlineData("port", "65536")]
    [InlineData("port", "80.5")]
    [InlineData("workspace", " ")]
    [InlineData("workflow", "")]
    [InlineData("media-port", "x")]
    [InlineData("ice-tcp-port", "on")]
    [InlineData("ice-tcp-port", "65536")]
    [InlineData("media-host", "localhost")]
    [InlineData("event-loops", "0")]
    [InlineData("event-loops", "65")]
    [InlineData("socket-mode", "fast")]
    [InlineData("advertise", "0.0.0.0")]
    [InlineData("advertise", "relay example.org")]
    [InlineData("advertise", "203.0.113.7:0")]
    [InlineData("advertise", "interfaces:8890")]
    [InlineData("interface", "eth 0")]
    [InlineData("interface", "!")]
    [InlineData("ice-server", "http://example.org")]
    [InlineData("ice-server", "stun:")]
    [InlineData("ice-server", "stun:user:password@host:1")]
    [InlineData("ice-server", "turn:user@host:3478")]
    [InlineData("ice-server", "turn:u:p%0d%0aSet-Cookie@host:3478")]
    [InlineData("ice-server", "stun:host>; rel=evil")]
    [InlineData("turn-secret-file", "/no/such/file")]
    [InlineData("turn-lifetime", "59")]
    [InlineData("bitrate", "10")]
    [InlineData("bitrate", "1G")]
    [InlineData("bitrate", "-2M")]
    [InlineData("bitrate", "")]
    [InlineData("log-level", "loud")]
    [InlineData("public-url", "relay.example.org")]
    [InlineData("public-url", "ftp://relay.example.org")]
    [InlineData("public-url", "https://u:p@relay.example.org")]
    [InlineData("trusted-proxy", "proxy.example.org")]
    [InlineData("trusted-proxy", "10.0.0.0/33")]
    [InlineData("control-origin", "*")]
    [InlineData("drain-redirect", "/other")]
    [InlineData("drain-deadline", "-1")]
    [InlineData("tls-certificate", "")]
    [InlineData("demo", "maybe")]
    public void A_value_that_cannot_be_used_is_refused_by_a_line_that_names_the_option(string name, string value)
    {
        ServeException error = Assert.Throws<ServeException>(() => Apply(name, value));
        Assert.Contains($"--{name}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2000000", 2_000_000)]
    [InlineData("2.5M", 2_500_000)]
    [InlineData("800k", 800_000)]
    public void A_bit_rate_may_have_a_unit(string text, int expected) => Assert.Equal(expected, Apply("bitrate", text).BitRate);

    [Fact]
    public void A_turn_password_may_contain_anything_that_is_percent_encoded()
    {
        IceServer server = Assert.Single(Apply("ice-server", "turn:me:a%40b:c%2F@turn.example.org:3478?transport=udp").IceServers);
        Assert.Equal(new IceServer("turn:turn.example.org:3478?transport=udp", "me", "a@b:c/"), server);
    }

    [Fact]
    public void None_announces_no_ice_server() => Assert.Empty(Apply("ice-server", "none").IceServers);

    [Fact]
    public void More_loops_than_ports_are_left_is_a_problem()
    {
        Assert.NotEmpty(new ServeOptions { MediaPort = 65535, EventLoops = 2 }.Problem());
        Assert.Empty(new ServeOptions { MediaPort = 65535, EventLoops = 1 }.Problem());
    }

    [Fact]
    public void Media_over_TCP_has_a_port_any_port_or_is_off()
    {
        Assert.Equal((true, 443), (Apply("ice-tcp-port", "443").IceTcp, Apply("ice-tcp-port", "443").IceTcpPort));
        Assert.Equal(0, Apply("ice-tcp-port", "0").IceTcpPort);
        Assert.False(Apply("ice-tcp-port", "off").IceTcp);
        Assert.NotEmpty(new ServeOptions { Port = 443, IceTcpPort = 443 }.Problem());
    }

    private static ServeOptions Apply(string name, string value) =>
        ServeSettings.All.Single(setting => setting.Name == name).Apply(new ServeOptions(), [value]);
}
