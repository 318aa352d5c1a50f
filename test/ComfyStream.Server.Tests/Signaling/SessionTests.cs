using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using ComfyStream.Server.Options;
using Xunit;

namespace ComfyStream.Server.Tests.Signaling;

/// <summary>The life of a session over HTTP, on the WHIP and on the WHEP side.</summary>
public sealed class SessionTests(SessionTests.ServerWithTurn server) : IClassFixture<SessionTests.ServerWithTurn>
{
    public sealed class ServerWithTurn : RunningServer
    {
        public ServerWithTurn() => Options = Options with
        {
            IceServers = [new IceServer("stun:stun.example.org:3478", null, null), new IceServer("turn:turn.example.org:3478?transport=udp", "u", "p\"w")],
        };
    }

    public static TheoryData<string> Endpoints => ["/whip", "/whep"];

    [Theory, MemberData(nameof(Endpoints))]
    public async Task An_offer_is_answered_201_with_answer_and_absolute_location(string path)
    {
        using HttpResponseMessage response = await Post(path + Query(path, "location"), path);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("application/sdp", response.Content.Headers.ContentType?.ToString());
        string answer = await response.Content.ReadAsStringAsync(Cancel);
        Assert.StartsWith("v=0\r\n", answer, StringComparison.Ordinal);
        Assert.Equal(Encoding.UTF8.GetByteCount(answer), response.Content.Headers.ContentLength);
        Assert.Equal("no-store", response.Headers.CacheControl?.ToString());
        string location = response.Headers.Location!.OriginalString;
        Assert.Matches($"^{server.Address}{path[1..]}/[A-Za-z0-9_-]{{43}}$", location);
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W65_Each_ice_server_is_a_link_line_of_its_own_in_the_order_that_readers_match(string path)
    {
        using HttpResponseMessage response = await Post(path + Query(path, "links"), path);
        Assert.Equal(
            [
                """<stun:stun.example.org:3478>; rel="ice-server" """.TrimEnd(),
                """<turn:turn.example.org:3478?transport=udp>; rel="ice-server"; username="u"; credential="p\"w"; credential-type="password" """.TrimEnd(),
            ],
            response.Headers.GetValues("Link"));
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task The_media_type_is_compared_without_case_and_parameters(string path)
    {
        using var content = new StringContent(path == "/whip" ? Offers.Publish : Offers.Watch);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("Application/SDP; charset=utf-8");
        using HttpResponseMessage response = await server.Http.PostAsync(path + Query(path, "case"), content, Cancel);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task Delete_is_200_and_404_the_second_time(string path)
    {
        Uri session = await Create(path, "delete");
        using var request = new HttpRequestMessage(HttpMethod.Delete, session);
        request.Headers.TryAddWithoutValidation("If-Match", "\"wrong\"");
        using HttpResponseMessage first = await server.Http.SendAsync(request, Cancel);
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using HttpResponseMessage second = await server.Http.DeleteAsync(session, Cancel);
        Assert.Equal(HttpStatusCode.NotFound, second.StatusCode);
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task A_session_can_be_asked_for_until_it_ends(string path)
    {
        Uri session = await Create(path, "asked");
        foreach (HttpMethod method in new[] { HttpMethod.Get, HttpMethod.Head })
        {
            using HttpResponseMessage asked = await server.Http.SendAsync(new HttpRequestMessage(method, session), Cancel);
            Assert.Equal(HttpStatusCode.OK, asked.StatusCode);
            Assert.Equal("application/sdp", asked.Content.Headers.ContentType?.MediaType);
            Assert.Empty(await asked.Content.ReadAsByteArrayAsync(Cancel));
        }

        using HttpResponseMessage ended = await server.Http.DeleteAsync(session, Cancel);
        using HttpResponseMessage askedLate = await server.Http.GetAsync(session, Cancel);
        Assert.Equal(HttpStatusCode.NotFound, askedLate.StatusCode);
    }

    [Theory]
    [InlineData("/whip", "/whip-stats")]
    [InlineData("/whep", "/whep-stats")]
    public async Task Statistics_are_keyed_by_resource_id_and_have_the_four_fields(string path, string statsPath)
    {
        Uri session = await Create(path, "stats");
        using HttpResponseMessage response = await server.Http.GetAsync(statsPath, Cancel);
        string text = await response.Content.ReadAsStringAsync(Cancel);
        using JsonDocument stats = JsonDocument.Parse(text);
        JsonElement one = stats.RootElement.GetProperty(session.Segments[^1]);
        Assert.Matches("^\\d{10}\\.\\d+$", one.GetProperty("created_at").GetRawText());
        Assert.InRange(one.GetProperty("created_at").GetDouble(), DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 600, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1);
        Assert.Equal("new", one.GetProperty("connection_state").GetString());
        Assert.True(one.GetProperty("has_video").GetBoolean());
        Assert.True(one.GetProperty("has_audio").GetBoolean());
    }

    [Fact]
    public async Task Sessions_are_logged_in_the_words_of_the_brief()
    {
        Uri publisher = await Create("/whip", "logged");
        Uri viewer = await Create("/whep", "logged");
        using HttpResponseMessage viewerEnd = await server.Http.DeleteAsync(viewer, Cancel);
        using HttpResponseMessage publisherEnd = await server.Http.DeleteAsync(publisher, Cancel);
        Assert.Single(server.Log.All, line => line == $"WHIP: Created session {publisher.Segments[^1]} for channel logged");
        Assert.Single(server.Log.All, line => line == $"WHEP: Created subscription session {viewer.Segments[^1]} for stream logged");
        Assert.Single(server.Log.All, line => line == $"WHEP: Terminated subscription session {viewer.Segments[^1]}");
        Assert.Single(server.Log.All, line => line == $"WHIP: Terminated session {publisher.Segments[^1]}");
        Assert.Contains("WHEP routes configured successfully", server.Log.All);
    }

    [Fact]
    public async Task Location_follows_the_host_that_was_asked_and_a_proxy_on_this_machine()
    {
        using var asked = new HttpRequestMessage(HttpMethod.Post, "/whep?streamId=host") { Content = Sdp(Offers.Watch) };
        asked.Headers.Host = "relay.example.org:9000";
        using HttpResponseMessage direct = await server.Http.SendAsync(asked, Cancel);
        Assert.StartsWith("http://relay.example.org:9000/whep/", direct.Headers.Location!.OriginalString, StringComparison.Ordinal);

        using var forwarded = new HttpRequestMessage(HttpMethod.Post, "/whep?streamId=host") { Content = Sdp(Offers.Watch) };
        forwarded.Headers.Add("X-Forwarded-Proto", "https");
        forwarded.Headers.Add("X-Forwarded-Host", "live.example.org");
        using HttpResponseMessage proxied = await server.Http.SendAsync(forwarded, Cancel);
        Assert.StartsWith("https://live.example.org/whep/", proxied.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_offer_in_the_wrong_direction_is_422()
    {
        using HttpResponseMessage publish = await server.Http.PostAsync("/whip", Sdp(Offers.Watch), Cancel);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, publish.StatusCode);
        using HttpResponseMessage watch = await server.Http.PostAsync("/whep", Sdp(Offers.Publish), Cancel);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, watch.StatusCode);
    }

    [Fact]
    public async Task The_raw_input_is_404_unless_it_is_allowed()
    {
        using HttpResponseMessage response = await server.Http.PostAsync("/whep?streamId=cam/raw", Sdp(Offers.Watch), Cancel);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static StringContent Sdp(string body) => new(body, Encoding.UTF8, new MediaTypeHeaderValue("application/sdp"));

    private static string Query(string path, string name) => path == "/whip" ? $"?channelId={name}" : $"?streamId={name}";

    private Task<HttpResponseMessage> Post(string url, string path) =>
        server.Http.PostAsync(url, Sdp(path == "/whip" ? Offers.Publish : Offers.Watch), Cancel);

    private async Task<Uri> Create(string path, string name)
    {
        using HttpResponseMessage response = await Post(path + Query(path, name), path);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return response.Headers.Location!;
    }
}
