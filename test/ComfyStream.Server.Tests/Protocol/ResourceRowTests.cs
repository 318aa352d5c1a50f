using System.Net;
using System.Net.Sockets;
using System.Text;
using ComfyStream.Server.Options;
using ComfyStream.Server.Tests.Signaling;
using Xunit;
using static ComfyStream.Server.Tests.Signaling.Requests;

namespace ComfyStream.Server.Tests.Protocol;

/// <summary>Endpoint and session over HTTP, on both sides (rows W1 to W18 and W64 to W70 of docs/protocol-support.md).</summary>
public sealed class ResourceRowTests(ResourceRowTests.ServerWithTurn server) : IClassFixture<ResourceRowTests.ServerWithTurn>
{
    private const string Exposed = "Location, Link, ETag, Accept-Post, Accept-Patch, Retry-After, WWW-Authenticate, Access-Control-Allow-Methods";

    public sealed class ServerWithTurn : RunningServer
    {
        public ServerWithTurn() => Options = Options with
        {
            IceServers = [new IceServer("turn:turn.example.org:3478?transport=udp", "u", "c")],
            Channels = new Dictionary<string, ChannelOptions> { ["kept"] = new(RejectsTakeover: true), ["raced"] = new(RejectsTakeover: true) },
        };
    }

    public static TheoryData<string> Endpoints => ["/whip", "/whep"];

    public static TheoryData<string, string> Methods => new MatrixTheoryData<string, string>(["/whip", "/whep"], ["POST", "PATCH", "DELETE", "GET", "OPTIONS"]);

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W1_E11_An_offer_is_201_with_answer_location_and_strong_tag(string path)
    {
        using HttpResponseMessage response = await server.Post(Endpoint(path, "w1"));
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal("application/sdp", response.Content.Headers.ContentType?.ToString());
        byte[] body = await response.Content.ReadAsByteArrayAsync(Cancel);
        Assert.Equal(body.Length, response.Content.Headers.ContentLength);
        Assert.StartsWith("v=0\r\n", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        Assert.Matches($"^{server.Address}{path[1..]}/[A-Za-z0-9_-]{{43}}$", Header(response, "Location"));
        Assert.Matches("^\"[!#-~]+\"$", Header(response, "ETag"));
        Assert.Equal(["turn:turn.example.org:3478?transport=udp"], response.Headers.GetValues("Link").Select(link => link.Split('<', '>')[1]));
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W2_The_media_type_is_compared_without_case_and_parameters(string path) =>
        Assert.Equal(HttpStatusCode.Created, (await PostAs(path, "Application/SDP; charset=utf-8", OfferFor(path))).StatusCode);

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W3_Another_content_type_is_400_and_says_which_is_taken(string path)
    {
        foreach (string type in new[] { "application/json", "text/plain" })
        {
            using HttpResponseMessage response = await PostAs(path, type, OfferFor(path));
            await Expect(response, HttpStatusCode.BadRequest, "application/sdp");
            Assert.Equal("application/sdp", Header(response, "Accept-Post"));
        }
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W4_No_content_type_is_400(string path)
    {
        using HttpResponseMessage response = await PostAs(path, null, OfferFor(path));
        await Expect(response, HttpStatusCode.BadRequest, "Content-Type required: Content-Type must be application/sdp");
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("hello", 400)]
    [InlineData("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\n", 400)]
    [InlineData("LARGE", 413)]
    public async Task W5_A_body_that_is_no_offer_is_400_and_one_that_is_too_large_413(string body, int status)
    {
        foreach (string path in new[] { "/whip", "/whep" })
        {
            using HttpResponseMessage response = await server.Post(path, body == "LARGE" ? OfferFor(path) + new string('x', 65_536) : body);
            await Expect(response, (HttpStatusCode)status);
        }
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W6_W7_GET_and_HEAD_are_200_without_content_and_with_the_same_headers(string path)
    {
        (Uri session, _) = await server.Create(path);
        foreach (object url in new object[] { path, session })
        {
            using HttpResponseMessage got = await server.Send("GET", url);
            using HttpResponseMessage headed = await server.Send("HEAD", url);
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (got.StatusCode, headed.StatusCode));
            Assert.Equal(0, got.Content.Headers.ContentLength);
            Assert.Equal(HeadersOf(got), HeadersOf(headed));
        }
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W8_What_is_not_served_is_405_with_Allow(string path)
    {
        (Uri session, _) = await server.Create(path);
        foreach ((object url, string method, string allowed) in new (object, string, string)[]
            { (path, "PUT", "POST"), (path, "PATCH", "POST"), (path, "DELETE", "POST"), (session, "POST", "DELETE"), (session, "PUT", "DELETE") })
        {
            using HttpResponseMessage response = await server.Send(method, url);
            await Expect(response, HttpStatusCode.MethodNotAllowed);
            Assert.Contains(allowed, response.Content.Headers.Allow);
            Assert.DoesNotContain(method, response.Content.Headers.Allow);
        }
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W9_E11_OPTIONS_is_200_and_says_what_may_be_posted(string path)
    {
        using HttpResponseMessage response = await server.Send("OPTIONS", path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/sdp", Header(response, "Accept-Post"));
    }

    [Theory, MemberData(nameof(Methods))]
    public async Task W10_W12_E11_A_preflight_is_allowed_and_tells_no_ice_server(string path, string method)
    {
        (Uri session, _) = await server.Create(path);
        foreach (object url in new object[] { path, session, path + "/unknown" })
        {
            using HttpResponseMessage response = await server.Send("OPTIONS", url, request =>
            {
                request.Headers.Add("Origin", "https://elsewhere.example.org");
                request.Headers.Add("Access-Control-Request-Method", method);
            });
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("*", Header(response, "Access-Control-Allow-Origin"));
            Assert.Equal("OPTIONS, GET, HEAD, POST, PATCH, DELETE", Header(response, "Access-Control-Allow-Methods"));
            Assert.Equal("Authorization, Content-Type, If-Match, If-None-Match, ETag, Cache-Control, Accept, Last-Event-ID", Header(response, "Access-Control-Allow-Headers"));
            Assert.NotEmpty(Header(response, "Access-Control-Max-Age"));
            Assert.False(response.Headers.Contains("Link"));
        }
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W11_Every_answer_lets_pages_read_its_headers(string path)
    {
        (Uri session, string tag) = await server.Create(path);
        HttpResponseMessage[] answers =
        [
            await server.Post(Endpoint(path, "w11")), await server.Post(path, ""), await server.Send("OPTIONS", path), await server.Send("GET", path),
            await server.Patch(session, "a=x", tag), await server.Send("PUT", session), await server.Send("DELETE", session), await server.Send("DELETE", session),
        ];
        Assert.All(answers, answer => Assert.Equal(("*", Exposed), (Header(answer, "Access-Control-Allow-Origin"), Header(answer, "Access-Control-Expose-Headers"))));
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W13_OPTIONS_carries_ice_servers_and_no_other_link(string path)
    {
        using HttpResponseMessage response = await server.Send("OPTIONS", path);
        Assert.All(response.Headers.GetValues("Link"), link => Assert.Contains("; rel=\"ice-server\"", link, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("unknown")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("%ff%20x")]
    [InlineData("a%2fb")]
    public async Task W14_A_session_that_is_not_there_is_404_whatever_its_name_looks_like(string id)
    {
        foreach (string path in new[] { "/whip", "/whep" })
        {
            using HttpResponseMessage deleted = await server.Send("DELETE", $"{path}/{id}");
            using HttpResponseMessage patched = await server.Send("PATCH", $"{path}/{id}");
            string said = await Expect(deleted, HttpStatusCode.NotFound);
            Assert.Equal(said, await Expect(patched, HttpStatusCode.NotFound));
        }
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W15_W16_E11_DELETE_is_200_whatever_its_If_Match_and_then_404(string path)
    {
        (Uri session, _) = await server.Create(path);
        using HttpResponseMessage first = await server.Send("DELETE", session, request => request.Headers.TryAddWithoutValidation("If-Match", "\"wrong\""));
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);
        using HttpResponseMessage second = await server.Send("DELETE", session);
        await Expect(second, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task W18_A_second_publisher_takes_over_or_is_409_as_the_channel_says()
    {
        using HttpResponseMessage first = await server.Post("/whip?channelId=free");
        using HttpResponseMessage second = await server.Post("/whip?channelId=free");
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.StatusCode, second.StatusCode));
        Assert.Equal(HttpStatusCode.NotFound, (await server.Send("GET", first.Headers.Location!)).StatusCode);

        using HttpResponseMessage keeper = await server.Post("/whip?channelId=kept");
        using HttpResponseMessage refused = await server.Post("/whip?channelId=kept");
        await Expect(refused, HttpStatusCode.Conflict, "kept");
        Assert.Matches("^[1-9][0-9]*$", Header(refused, "Retry-After"));
        Assert.Equal(HttpStatusCode.OK, (await server.Send("GET", keeper.Headers.Location!)).StatusCode);
        using HttpResponseMessage ended = await server.Send("DELETE", keeper.Headers.Location!);
        using HttpResponseMessage next = await server.Post("/whip?channelId=kept");
        Assert.Equal(HttpStatusCode.Created, next.StatusCode);
    }

    [Fact]
    public async Task W18_Of_publishers_that_race_for_a_channel_that_is_kept_one_gets_it()
    {
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => server.Post("/whip?channelId=raced")));
        Assert.Equal([201, .. Enumerable.Repeat(409, 7)], answers.Select(answer => (int)answer.StatusCode).Order());
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W66_The_201_names_no_extension(string path)
    {
        using HttpResponseMessage response = await server.Post(Endpoint(path, "w66"));
        Assert.DoesNotContain(response.Headers.GetValues("Link"), link => link.Contains("urn:ietf:params", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W69_Descriptions_are_not_stored_and_a_connection_serves_several_requests(string path)
    {
        using HttpResponseMessage created = await server.Post(Endpoint(path, "w69"));
        Assert.Equal("no-store", created.Headers.CacheControl?.ToString());

        using var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port, Cancel);
        await using NetworkStream stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII);
        byte[] offer = Encoding.ASCII.GetBytes(OfferFor(path));
        for (int request = 0; request < 2; request++)
        {
            string head = $"POST {Endpoint(path, "w69")} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Length: {offer.Length}\r\nExpect: 100-continue\r\n\r\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes(head), Cancel);
            Assert.Equal("HTTP/1.1 100 Continue", await reader.ReadLineAsync(Cancel));
            Assert.Equal("", await reader.ReadLineAsync(Cancel));
            await stream.WriteAsync(offer, Cancel);
            Assert.Equal("HTTP/1.1 201 Created", await reader.ReadLineAsync(Cancel));
            int length = 0;
            while (await reader.ReadLineAsync(Cancel) is { Length: > 0 } line)
            {
                if (line.StartsWith("Content-Length: ", StringComparison.Ordinal))
                    length = int.Parse(line[16..], System.Globalization.CultureInfo.InvariantCulture);
            }
            Assert.Equal(length, await reader.ReadBlockAsync(new char[length], Cancel));
        }
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task W70_Every_refusal_says_why_in_detail_and_error(string path)
    {
        (Uri session, string tag) = await server.Create(path);
        await Expect(await server.Post(path, ""), HttpStatusCode.BadRequest);
        await Expect(await server.Post(path, OfferFor(path == "/whip" ? "/whep" : "/whip")), HttpStatusCode.UnprocessableEntity);
        await Expect(await server.Send("PUT", path), HttpStatusCode.MethodNotAllowed);
        await Expect(await server.Patch(session, "a=x", tag), HttpStatusCode.BadRequest);
        await Expect(await server.Patch(session, "a=x", tag, "text/plain"), HttpStatusCode.UnsupportedMediaType);
        await Expect(await server.Send("DELETE", path + "/unknown"), HttpStatusCode.NotFound);
    }

    private static IEnumerable<string> HeadersOf(HttpResponseMessage response) => response.Headers.Concat(response.Content.Headers)
        .Where(header => header.Key != "Date").Select(header => $"{header.Key}: {string.Join(", ", header.Value)}").Order();

    private Task<HttpResponseMessage> PostAs(string path, string? type, string offer) => server.Send("POST", Endpoint(path, "typed"), request =>
    {
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(offer));
        if (type is not null)
            request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
    });
}
