using System.Net;
using ComfyStream.Server.Access;
using ComfyStream.Server.Limits;
using ComfyStream.Server.Options;
using ComfyStream.Streaming.Addresses;
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
              "advertise": ["203.0.113.7:40000", "2001:db8::1", "relay.example.org:443/tcp"], "interface": ["eth0", "!docker0"], "iceServer": "turn:u:p@t.example.org:3478",
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
        Assert.Equal([new("203.0.113.7", 40000), new("2001:db8::1"), new("relay.example.org", 443, AdvertisedProtocol.Tcp)], options.Advertise);
        Assert.Equal("eth0, !docker0", options.Interfaces.Text);
        Assert.Equal([new IceServer("turn:t.example.org:3478", "u", "p")], options.IceServers);
        Assert.Equal(2_500_000, options.BitRate);
        Assert.True(options.AllowRaw);
        Assert.True(options.TlsSelfSigned);
        Assert.False(options.Demo);
        Assert.Equal(LogLevel.Warning, options.LogLevel);
        Assert.Equal("background-blur", options.Channels["stage"].Workflow);
        Assert.Null(options.Channels["plain"].Workflow);
    }

    [Fact]
    public void Turn_servers_may_have_secrets_in_the_file_or_in_files_of_their_own()
    {
        string file = _folder.Write("turn.secret", "two\n");
        IReadOnlyList<IceServer> servers = Read(
            $$"""{ "iceServer": ["stun:s:1", { "url": "turn:a:1", "secret": "one" }, { "url": "turn:b:1?transport=tcp", "secretFile": "{{file}}" }] }""").IceServers;
        Assert.Equal(["stun:s:1", "turn:a:1", "turn:b:1?transport=tcp"], servers.Select(server => server.Uri));
        Assert.Equal([null, SharedSecret.Of("one", "x").Sign("1:u"), SharedSecret.Of("two", "x").Sign("1:u")], servers.Select(server => server.Secret?.Sign("1:u")));
        Assert.Empty(Read("""{ "iceServer": ["none"] }""").IceServers);
    }

    [Theory]
    [InlineData("""{ "url": "turn:a:1", "secret": "hidden-7", "secretFile": "x" }""", "secretFile")]
    [InlineData("""{ "url": "turn:a:1", "secret": "" }""", "static-auth-secret")]
    [InlineData("""{ "url": "turn:a:1", "secrets": "hidden-7" }""", "iceServer[0].secrets")]
    [InlineData("""{ "url": "stun:a:1", "secret": "hidden-7" }""", "stun:a:1 takes no secret")]
    [InlineData("""{ "url": "turn:u:p@a:1", "secret": "hidden-7" }""", "turn:a:1 takes no secret")]
    [InlineData("""{ "secret": "hidden-7" }""", "--ice-server")]
    public void A_turn_server_that_cannot_be_used_is_refused_without_telling_the_secret(string entry, string told)
    {
        string message = Assert.Throws<ServeException>(() => Read($$"""{ "iceServer": [{{entry}}] }""")).Message;
        Assert.Contains(told, message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-7", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_is_let_in_can_be_set_from_every_source()
    {
        AuthOptions auth = Read(
            """
            { "auth": {
                "required": true,
                "tokens": [ { "name": "alice", "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", "rights": ["view", "raw"], "channels": "cam*" } ],
                "jwt": { "jwksUrl": "https://id.example.org/jwks", "issuer": "i", "audience": "a", "rightsClaim": "scope", "channelsClaim": "rooms" },
                "webhook": { "url": "http://127.0.0.1:9000/token", "timeoutSeconds": 2.5, "cacheSeconds": 0 } } }
            """).Auth;
        Assert.True(auth.Required);
        TokenEntry token = Assert.Single(auth.Tokens);
        Assert.Equal(TokenDigest.Of("hello"), token.Sha256.ToArray());
        Assert.Equal(AccessRights.View | AccessRights.Raw, token.Rights);
        Assert.True(token.Channels.Contains("cam1"));
        Assert.Equal(new JwtOptions { JwksUrl = new Uri("https://id.example.org/jwks"), Issuer = "i", Audience = "a", RightsClaim = "scope", ChannelsClaim = "rooms" }, auth.Jwt);
        Assert.Equal(new WebhookOptions(new Uri("http://127.0.0.1:9000/token"), TimeSpan.FromSeconds(2.5), TimeSpan.Zero), auth.Webhook);
    }

    [Fact]
    public void Every_limit_can_be_set()
    {
        string json = string.Join(", ", LimitConfig.All.Select(setting => FormattableString.Invariant($"\"{setting.Key}\": {(setting.Key == "loopLoad" ? 0.5 : 5000)}").Replace("\"headerSeconds\": 5000", "\"headerSeconds\": 500", StringComparison.Ordinal)));
        LimitOptions limits = Read($"{{ \"limits\": {{ {json} }} }}").Limits;
        Assert.All(LimitConfig.All, setting => Assert.Equal(setting.Key switch { "loopLoad" => 0.5, "headerSeconds" => 500, _ => 5000 }, setting.Get(limits)));
    }

    [Theory]
    [InlineData("publish,view", "*")]
    [InlineData("admin", "cam*, stage")]
    public void The_entry_of_a_new_token_is_read_back_as_it_was_asked_for(string rights, string channels)
    {
        NewToken made = NewToken.Create(rights, channels, "al\"ice");
        TokenEntry entry = Assert.Single(Read($"{{ \"auth\": {{ \"tokens\": [ {made.Entry} ] }} }}").Auth.Tokens);
        Assert.Equal(TokenDigest.Of(made.Text), entry.Sha256.ToArray());
        Assert.Equal("al\"ice", entry.Name);
        Assert.Equal(rights, string.Join(',', AccessRightNames.NamesOf(entry.Rights)));
        Assert.DoesNotContain(made.Text, made.Entry, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "auth": { "token": [] } }""", "auth.token'")]
    [InlineData("""{ "auth": { "tokens": [ { "name": "a" } ] } }""", "auth.tokens[0]")]
    [InlineData("""{ "auth": { "tokens": [ { "sha256": "cst_abc" } ] } }""", "not the token itself")]
    [InlineData("""{ "auth": { "tokens": [ { "rights": ["fly"] } ] } }""", "'fly'")]
    [InlineData("""{ "auth": { "tokens": [ { "channels": ["a/raw"] } ] } }""", "'a/raw'")]
    [InlineData("""{ "auth": { "required": "yes" } }""", "auth.required")]
    [InlineData("""{ "auth": { "jwt": {} } }""", "keyFile or jwksUrl")]
    [InlineData("""{ "auth": { "jwt": { "jwksUrl": "http://id.example.org/" } } }""", "https:")]
    [InlineData("""{ "auth": { "webhook": { "url": "ftp://x/" } } }""", "auth.webhook.url")]
    [InlineData("""{ "auth": { "webhook": { "cacheSeconds": -1 } } }""", "auth.webhook.cacheSeconds")]
    [InlineData("""{ "limits": { "session": 5 } }""", "limits.session'")]
    [InlineData("""{ "limits": { "sessions": 0 } }""", "limits.sessions")]
    [InlineData("""{ "limits": { "sessions": "many" } }""", "limits.sessions")]
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
