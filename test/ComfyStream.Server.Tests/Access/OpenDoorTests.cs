using System.Net;
using System.Net.Http.Headers;
using ComfyStream.Server.Access;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Options;
using Xunit;

namespace ComfyStream.Server.Tests.Access;

/// <summary>Servers that ask for no tokens, for none on sessions, or that may not do so.</summary>
public sealed class OpenDoorTests : IDisposable
{
    private static readonly AuthOptions _auth = new() { Tokens = [new TokenEntry("viewer", TokenDigest.Of("t"), AccessRights.View, ChannelPatterns.All)] };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Bearer undefined")]
    [InlineData("raw-token")]
    public async Task W60_where_nothing_asks_for_a_token_any_token_is_ignored(string authorization)
    {
        await using RelayServer server = await StartAsync(Options);
        using HttpResponseMessage response = await WatchAsync(server, authorization);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    [Fact]
    public async Task With_session_url_is_capability_a_session_needs_no_token_but_no_wrong_one_either()
    {
        await using RelayServer server = await StartAsync(Options with { Auth = _auth, SessionUrlIsCapability = true });
        using HttpResponseMessage created = await WatchAsync(server, "Bearer t");
        using var http = new HttpClient();
        using var wrong = new HttpRequestMessage(HttpMethod.Delete, created.Headers.Location) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", "wrong") } };
        using HttpResponseMessage refused = await http.SendAsync(wrong, Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        using HttpResponseMessage ended = await http.DeleteAsync(created.Headers.Location, Cancel);
        Assert.Equal(HttpStatusCode.OK, ended.StatusCode);
    }

    [Fact]
    public async Task With_auth_required_and_no_source_it_does_not_start_and_says_how_to_make_a_token()
    {
        ServeException error = await Assert.ThrowsAsync<ServeException>(() => StartAsync(Options with { Auth = new AuthOptions { Required = true } }));
        Assert.Contains("comfystream token new", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.0.0.0", false, 1)]
    [InlineData("0.0.0.0", true, 0)]
    [InlineData("127.0.0.1", false, 0)]
    public async Task Open_beyond_this_machine_it_warns_in_one_line_with_the_command_that_closes_it(string host, bool isGuarded, int lines)
    {
        await using RelayServer server = await StartAsync(Options with { Host = host, Auth = isGuarded ? _auth : new AuthOptions() });
        Assert.Equal(lines, server.Summary.Warnings.Count(warning => warning.Contains("./comfystream token new --rights publish,view", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Too_many_wrong_tokens_are_429_and_the_right_one_still_passes()
    {
        await using RelayServer server = await StartAsync(Options with { Auth = _auth });
        HttpStatusCode last = HttpStatusCode.OK;
        for (int i = 0; i < 100 && last != HttpStatusCode.TooManyRequests; i++)
        {
            using HttpResponseMessage wrong = await WatchAsync(server, $"Bearer guess-{i}");
            last = wrong.StatusCode;
            if (last == HttpStatusCode.TooManyRequests)
                Assert.NotNull(wrong.Headers.RetryAfter?.Delta);
        }
        Assert.Equal(HttpStatusCode.TooManyRequests, last);
        using HttpResponseMessage right = await WatchAsync(server, "Bearer t");
        Assert.Equal(HttpStatusCode.Created, right.StatusCode);
    }

    private ServeOptions Options => new() { Port = 0, MediaPort = 0, Advertise = [IPAddress.Loopback], Workspace = _folder.Path };

    private static Task<RelayServer> StartAsync(ServeOptions options) => RelayServer.StartAsync(options, null, Cancel);

    private static async Task<HttpResponseMessage> WatchAsync(RelayServer server, string authorization)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.BaseAddress, "/whep")) { Content = new StringContent(Offers.Watch) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/sdp");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await http.SendAsync(request, Cancel);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
