using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ComfyStream.Server.Access;
using Xunit;

namespace ComfyStream.Server.Tests.Access;

/// <summary>Who is let in where, on a server that asks for tokens.</summary>
public sealed class AccessTests(AccessTests.GuardedServer server) : IClassFixture<AccessTests.GuardedServer>
{
    public sealed class GuardedServer : RunningServer
    {
        public GuardedServer() => Options = Options with
        {
            AllowRaw = true,
            Auth = new AuthOptions
            {
                Tokens =
                [
                    Entry("publisher", AccessRights.Publish, "cam*"),
                    Entry("viewer", AccessRights.View, "cam*"),
                    Entry("other", AccessRights.View | AccessRights.Publish, "cam*"),
                    Entry("raw", AccessRights.Raw, "cam1"),
                    Entry("admin", AccessRights.Admin, "*"),
                    Entry("cam-admin", AccessRights.Admin, "cam*"),
                ],
            },
        };

        private static TokenEntry Entry(string name, AccessRights rights, string channels) => new(name, TokenDigest.Of(Token(name)), rights, new ChannelPatterns([channels]));
    }

    public static string Token(string name) => $"token-of-{name}";

    [Theory]
    [InlineData("POST", "/whip?channelId=cam1")]
    [InlineData("GET", "/whip?channelId=cam1")]
    [InlineData("HEAD", "/whep?streamId=cam1")]
    [InlineData("POST", "/whep?streamId=cam1")]
    [InlineData("PUT", "/whep?streamId=cam1")]
    [InlineData("GET", "/whep/unknown")]
    [InlineData("DELETE", "/whip/unknown")]
    [InlineData("PATCH", "/whip/unknown")]
    [InlineData("GET", "/whip-stats")]
    [InlineData("GET", "/whep-stats")]
    [InlineData("GET", "/processing/status")]
    [InlineData("GET", "/workflows")]
    public async Task W60_without_a_token_it_is_401_with_a_challenge_that_names_no_error(string method, string path)
    {
        using HttpResponseMessage response = await Send(method, path, null);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("Bearer realm=\"ComfyStream\"", Challenge(response));
        Assert.False(response.Headers.Contains("Link"));
    }

    [Theory]
    [InlineData("POST", "/whip?channelId=cam1")]
    [InlineData("DELETE", "/whep/unknown")]
    [InlineData("OPTIONS", "/whep")]
    [InlineData("GET", "/whep-stats")]
    public async Task W60_a_wrong_token_is_401_invalid_token(string method, string path)
    {
        using HttpResponseMessage response = await Send(method, path, "Bearer nonsense");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("error=\"invalid_token\"", Challenge(response), StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("Link"));
    }

    [Theory]
    [InlineData("viewer", "POST", "/whip?channelId=cam1", "publish")]
    [InlineData("publisher", "POST", "/whip?channelId=stage", "publish")]
    [InlineData("publisher", "POST", "/whip", "publish")]
    [InlineData("publisher", "POST", "/whep?streamId=cam1", "view")]
    [InlineData("viewer", "POST", "/whep?streamId=stage", "view")]
    [InlineData("viewer", "POST", "/whep?streamId=cam1/raw", "raw")]
    [InlineData("raw", "POST", "/whep?streamId=cam1", "view")]
    [InlineData("viewer", "GET", "/whep-stats", "admin")]
    [InlineData("cam-admin", "GET", "/whep-stats", "admin")]
    [InlineData("viewer", "GET", "/workflows", "publish")]
    public async Task W60_a_right_that_is_missing_is_403_and_named(string who, string method, string path, string right)
    {
        using HttpResponseMessage response = await Send(method, path, $"Bearer {Token(who)}");
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        Assert.EndsWith($"error=\"insufficient_scope\", scope=\"{right}\"", Challenge(response), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("publisher", "/whip?channelId=cam1")]
    [InlineData("viewer", "/whep?streamId=cam2")]
    [InlineData("raw", "/whep?streamId=cam1/raw")]
    [InlineData("admin", "/whip?channelId=stage")]
    [InlineData("admin", "/whep?streamId=stage/raw")]
    [InlineData("cam-admin", "/whep?streamId=cam1")]
    public async Task A_right_on_the_channel_lets_in(string who, string path)
    {
        using HttpResponseMessage response = await Send("POST", path, $"Bearer {Token(who)}");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.True(response.Headers.Contains("Link"));
    }

    [Theory]
    [InlineData("bearer ")]
    [InlineData("BEARER  ")]
    public async Task W61_the_scheme_is_compared_without_case(string scheme)
    {
        using HttpResponseMessage response = await Send("GET", "/whep?streamId=cam1", scheme + Token("viewer"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Basic ")]
    [InlineData("Bearer\t")]
    public async Task W61_a_token_without_the_scheme_is_401_and_says_how_to_write_it(string scheme)
    {
        using HttpResponseMessage response = await Send("GET", "/whep?streamId=cam1", scheme + Token("viewer"));
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("Bearer TOKEN", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_tokens_in_one_request_are_400_invalid_request()
    {
        string[] lines = ["GET /whep?streamId=cam1 HTTP/1.1", "Host: localhost", $"Authorization: Bearer {Token("viewer")}", "Authorization: Bearer other", "Connection: close", "", ""];
        using var tcp = new System.Net.Sockets.TcpClient(server.Address.Host, server.Address.Port);
        await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(string.Join("\r\n", lines)), Cancel);
        using var reader = new StreamReader(tcp.GetStream());
        string answer = await reader.ReadToEndAsync(Cancel);
        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("error=\"invalid_request\"", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/whip")]
    [InlineData("/whep/any")]
    [InlineData("/whep-stats")]
    public async Task W10_a_preflight_passes_without_a_token_and_allows_the_authorization_header(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("Origin", "https://elsewhere.example.org");
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization");
        using HttpResponseMessage response = await server.Http.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("Authorization", Assert.Single(response.Headers.GetValues("Access-Control-Allow-Headers")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_of_other_origins_can_read_why_they_are_refused()
    {
        using HttpResponseMessage response = await Send("POST", "/whep?streamId=cam1", null);
        Assert.Equal("*", Assert.Single(response.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Contains("WWW-Authenticate", Assert.Single(response.Headers.GetValues("Access-Control-Expose-Headers")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("viewer", true)]
    public async Task W13_options_names_ice_servers_only_to_those_with_a_token(string? who, bool isTold)
    {
        using HttpResponseMessage response = await Send("OPTIONS", "/whep?streamId=cam1", who is null ? null : $"Bearer {Token(who)}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/sdp", Assert.Single(response.Headers.GetValues("Accept-Post")));
        Assert.Equal(isTold, response.Headers.Contains("Link"));
    }

    [Theory]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("GET")]
    public async Task A_session_is_closed_to_other_tokens_and_to_none(string method)
    {
        string session = await CreateAsync("viewer");
        using HttpResponseMessage other = await Send(method, session, $"Bearer {Token("other")}");
        Assert.Equal(HttpStatusCode.Forbidden, other.StatusCode);
        using HttpResponseMessage none = await Send(method, session, null);
        Assert.Equal(HttpStatusCode.Unauthorized, none.StatusCode);
        using HttpResponseMessage still = await Send("GET", session, $"Bearer {Token("viewer")}");
        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
    }

    [Theory]
    [InlineData("viewer")]
    [InlineData("admin")]
    [InlineData("cam-admin")]
    public async Task Its_own_token_and_admin_end_a_session(string who)
    {
        string session = await CreateAsync("viewer");
        using HttpResponseMessage response = await Send("DELETE", session, $"Bearer {Token(who)}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        using HttpResponseMessage again = await Send("GET", session, $"Bearer {Token(who)}");
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/studio.js")]
    [InlineData("/health")]
    [InlineData("/nothing-here")]
    public async Task What_is_no_secret_asks_for_no_token_and_minds_no_wrong_one(string path)
    {
        using HttpResponseMessage response = await Send("GET", path, "Bearer undefined");
        Assert.NotEqual(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task The_statistics_are_told_to_admin()
    {
        using HttpResponseMessage response = await Send("GET", "/whep-stats", $"Bearer {Token("admin")}");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Readiness_is_told_of_what_one_may_watch_and_session_ids_only_to_admin()
    {
        string session = await CreateAsync("viewer");
        using (await Send("POST", "/whep?streamId=stage", $"Bearer {Token("admin")}"))
        {
        }
        string seen = await StatusFor("viewer");
        Assert.Contains("\"cam1\"", seen, StringComparison.Ordinal);
        Assert.DoesNotContain("\"stage\"", seen, StringComparison.Ordinal);
        Assert.DoesNotContain(session["/whep/".Length..], seen, StringComparison.Ordinal);
        Assert.Contains(session["/whep/".Length..], await StatusFor("admin"), StringComparison.Ordinal);

        async Task<string> StatusFor(string who)
        {
            using HttpResponseMessage response = await Send("GET", "/processing/status", $"Bearer {Token(who)}");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            return await response.Content.ReadAsStringAsync(Cancel);
        }
    }

    [Fact]
    public async Task W62_no_token_is_in_the_log()
    {
        using (await Send("GET", "/whep", "Bearer a-wrong-one"))
        {
        }
        await CreateAsync("viewer");
        Assert.Contains(server.Log.All, line => line.Contains("a wrong token came from", StringComparison.Ordinal));
        Assert.DoesNotContain(server.Log.All, line => line.Contains("a-wrong-one", StringComparison.Ordinal) || line.Contains(Token("viewer"), StringComparison.Ordinal));
    }

    private async Task<string> CreateAsync(string who)
    {
        using HttpResponseMessage created = await Send("POST", "/whep?streamId=cam1", $"Bearer {Token(who)}");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        return created.Headers.Location!.PathAndQuery;
    }

    private async Task<HttpResponseMessage> Send(string method, string path, string? authorization)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method == "POST")
        {
            request.Content = new StringContent(path.StartsWith("/whip", StringComparison.Ordinal) ? Offers.Publish : Offers.Watch);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/sdp");
        }
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return await server.Http.SendAsync(request, Cancel);
    }

    private static string Challenge(HttpResponseMessage response) => Assert.Single(response.Headers.GetValues("WWW-Authenticate"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
