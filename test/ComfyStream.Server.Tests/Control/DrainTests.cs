using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ComfyStream.Server.Access;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Options;
using Xunit;

namespace ComfyStream.Server.Tests.Control;

/// <summary>Servers that end without ending anybody's stream, and who may ask them to.</summary>
public sealed class DrainTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new(new HttpClientHandler { AllowAutoRedirect = false });

    public void Dispose()
    {
        _folder.Dispose();
        _http.Dispose();
    }

    [Fact]
    public async Task W64_while_draining_new_sessions_are_503_and_those_that_are_there_stay_until_they_end()
    {
        await using RelayServer server = await StartAsync(Options);
        using HttpResponseMessage watching = await WatchAsync(server);
        Assert.Equal(HttpStatusCode.Created, watching.StatusCode);
        server.BeginDrain();

        using HttpResponseMessage refused = await WatchAsync(server);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter?.Delta);
        using HttpResponseMessage still = await _http.GetAsync(watching.Headers.Location, Cancel);
        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
        Assert.False(server.Drained.IsCompleted);

        using HttpResponseMessage ended = await _http.DeleteAsync(watching.Headers.Location, Cancel);
        Assert.Equal(HttpStatusCode.OK, ended.StatusCode);
        await server.Drained.WaitAsync(Cancel);
    }

    [Fact]
    public async Task W63_with_a_target_new_sessions_are_307_to_the_same_path_and_query_there()
    {
        await using RelayServer server = await StartAsync(Options with { DrainRedirect = new Uri("https://other.example.org/relay/") });
        using (await WatchAsync(server))
            server.BeginDrain();
        using HttpResponseMessage response = await WatchAsync(server, "/whep?streamId=cam%2Fraw");
        Assert.Equal(HttpStatusCode.TemporaryRedirect, response.StatusCode);
        Assert.Equal("https://other.example.org/relay/whep?streamId=cam%2Fraw", response.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task At_the_deadline_it_ends_whoever_is_left()
    {
        await using RelayServer server = await StartAsync(Options);
        using (await WatchAsync(server))
        {
        }
        using HttpResponseMessage response = await AskAsync(server, """{ "deadline_seconds": 0 }""");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await server.Drained.WaitAsync(Cancel);
    }

    [Fact]
    public async Task The_answer_tells_how_many_are_left_and_how_long_it_takes_at_most()
    {
        await using RelayServer server = await StartAsync(Options);
        using (await WatchAsync(server))
        {
        }
        using HttpResponseMessage response = await AskAsync(server, """{ "deadline_seconds": 3600, "redirect": "https://other.example.org" }""");
        JsonElement status = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel)).RootElement;
        Assert.True(status.GetProperty("draining").GetBoolean());
        Assert.Equal(1, status.GetProperty("sessions").GetInt32());
        Assert.True(status.GetProperty("deadline").GetDateTimeOffset() > DateTimeOffset.UtcNow);
    }

    [Theory]
    [InlineData("""{ "redirect": "javascript:alert(1)" }""")]
    [InlineData("""{ "deadline_seconds": -1 }""")]
    [InlineData("nonsense")]
    public async Task A_wrong_wish_is_400_and_does_nothing(string body)
    {
        await using RelayServer server = await StartAsync(Options);
        using HttpResponseMessage response = await AskAsync(server, body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        using HttpResponseMessage watching = await WatchAsync(server);
        Assert.Equal(HttpStatusCode.Created, watching.StatusCode);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example.org")]
    [InlineData("Origin", "null")]
    [InlineData("Host", "rebound.example.org")]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    public async Task Pages_of_other_origins_names_that_are_not_ours_and_other_machines_are_403(string header, string value)
    {
        await using RelayServer server = await StartAsync(Options);
        using HttpResponseMessage response = await AskAsync(server, "{}", request => request.Headers.TryAddWithoutValidation(header, value));
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
        using HttpResponseMessage watching = await WatchAsync(server);
        Assert.Equal(HttpStatusCode.Created, watching.StatusCode);
    }

    [Fact]
    public async Task A_page_of_a_configured_origin_may()
    {
        await using RelayServer server = await StartAsync(Options with { ControlOrigins = [new Uri("https://desk.example.org")] });
        using var preflight = new HttpRequestMessage(HttpMethod.Options, new Uri(server.BaseAddress, "/control/drain"));
        preflight.Headers.Add("Origin", "https://desk.example.org");
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        using HttpResponseMessage allowed = await _http.SendAsync(preflight, Cancel);
        Assert.Equal("https://desk.example.org", Assert.Single(allowed.Headers.GetValues("Access-Control-Allow-Origin")));
        using HttpResponseMessage response = await AskAsync(server, "{}", request => request.Headers.Add("Origin", "https://desk.example.org"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Where_tokens_are_asked_for_it_takes_admin()
    {
        var auth = new AuthOptions
        {
            Tokens =
            [
                new TokenEntry("viewer", TokenDigest.Of("v"), AccessRights.View, ChannelPatterns.All),
                new TokenEntry("admin", TokenDigest.Of("a"), AccessRights.Admin, ChannelPatterns.All),
            ],
        };
        await using RelayServer server = await StartAsync(Options with { Auth = auth });
        foreach ((string? token, HttpStatusCode status) in new[] { (null, HttpStatusCode.Unauthorized), ("v", HttpStatusCode.Forbidden), ("a", HttpStatusCode.OK) })
        {
            using HttpResponseMessage response = await AskAsync(server, "{}", request => request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token));
            Assert.Equal(status, response.StatusCode);
        }
    }

    private ServeOptions Options => new() { Port = 0, MediaPort = 0, Advertise = [IPAddress.Loopback], Workspace = _folder.Path };

    private static Task<RelayServer> StartAsync(ServeOptions options) => RelayServer.StartAsync(options, null, Cancel);

    private async Task<HttpResponseMessage> WatchAsync(RelayServer server, string path = "/whep")
    {
        using var offer = new StringContent(Offers.Watch);
        offer.Headers.ContentType = new MediaTypeHeaderValue("application/sdp");
        return await _http.PostAsync(new Uri(server.BaseAddress, path), offer, Cancel);
    }

    private async Task<HttpResponseMessage> AskAsync(RelayServer server, string body, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.BaseAddress, "/control/drain")) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        change?.Invoke(request);
        return await _http.SendAsync(request, Cancel);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
