using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace ComfyStream.Server.Tests.Signaling;

/// <summary>Every wrong input gets its exact answer, and never 500.</summary>
public sealed class WrongRequestTests(RunningServer server) : IClassFixture<RunningServer>
{
    public static TheoryData<string> Endpoints => ["/whip", "/whep"];

    [Theory, MemberData(nameof(Endpoints))]
    public async Task An_offer_without_content_type_is_400_and_says_which_is_required(string path)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Offers.Watch));
        using HttpResponseMessage response = await server.Http.PostAsync(path, content, Cancel);
        await Expect(response, HttpStatusCode.BadRequest, "Content-Type required: Content-Type must be application/sdp");
        Assert.Equal("application/sdp", Assert.Single(response.Headers.GetValues("Accept-Post")));
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task An_offer_of_another_content_type_is_400(string path)
    {
        foreach (string type in new[] { "application/json", "text/plain", "application/sdpx" })
        {
            using HttpResponseMessage response = await server.Http.PostAsync(path, new StringContent(Offers.Watch, Encoding.UTF8, type), Cancel);
            await Expect(response, HttpStatusCode.BadRequest, "Content-Type required: Content-Type must be application/sdp");
        }
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task An_empty_offer_is_400(string path)
    {
        foreach (string body in new[] { "", "  \r\n" })
            await Expect(await Post(path, body), HttpStatusCode.BadRequest, "Empty SDP offer");
    }

    [Theory, MemberData(nameof(Endpoints))]
    public async Task An_offer_that_is_not_SDP_is_400(string path)
    {
        foreach (string body in new[] { "v=0", "hello", "{\"type\":\"offer\"}", "\0\u0001\u0002", Offers.Watch[..50] })
            await Expect(await Post(path, body), HttpStatusCode.BadRequest, "SDP");
    }

    [Theory]
    [InlineData("/whip?channelId=a%20b")]
    [InlineData("/whip?channelId=..%2f..")]
    [InlineData("/whip?channelId=")]
    [InlineData("/whip?channelId=a&channelId=b")]
    [InlineData("/whip?channelId=%0d%0aINFO:%20forged")]
    [InlineData("/whip?channelId=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("/whep?streamId=%ff%fe")]
    [InlineData("/whep?streamId=a%2fb%2fc")]
    [InlineData("/whep?streamId=%C3%BCber")]
    public async Task A_name_that_breaks_the_rules_is_400(string url)
    {
        string offer = url.StartsWith("/whip", StringComparison.Ordinal) ? Offers.Publish : Offers.Watch;
        await Expect(await Post(url, offer), HttpStatusCode.BadRequest, "");
    }

    [Fact]
    public async Task Prompts_that_are_no_workflow_are_400_naming_node_and_reason()
    {
        string prompts = Uri.EscapeDataString("""{"7":{"class_type":"NoSuchNode","inputs":{}}}""");
        string detail = await Expect(await Post($"/whip?prompts={prompts}", Offers.Publish), HttpStatusCode.BadRequest, "prompts");
        Assert.Contains("7", detail, StringComparison.Ordinal);
        Assert.Contains("NoSuchNode", detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("%7Bbroken")]
    [InlineData("no-such-workflow")]
    [InlineData("..%2F..%2Fetc%2Fpasswd")]
    [InlineData("%7B%7D")]
    public async Task Prompts_that_cannot_be_read_are_400(string prompts) =>
        await Expect(await Post($"/whip?prompts={prompts}", Offers.Publish), HttpStatusCode.BadRequest, "prompts");

    [Theory, MemberData(nameof(Endpoints))]
    public async Task An_offer_above_64_KiB_is_413_with_and_without_a_length(string path)
    {
        string large = Offers.Watch + new string('x', 70_000);
        await Expect(await Post(path, large), HttpStatusCode.RequestEntityTooLarge, "64 KiB");

        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Sdp(large) };
        request.Headers.TransferEncodingChunked = true;
        using HttpResponseMessage chunked = await server.Http.SendAsync(request, Cancel);
        await Expect(chunked, HttpStatusCode.RequestEntityTooLarge, "64 KiB");
    }

    [Fact]
    public async Task A_request_line_of_200_KiB_is_read_and_one_above_256_KiB_is_414()
    {
        Assert.StartsWith("HTTP/1.1 400", await Answer(200 * 1024), StringComparison.Ordinal);
        string refused = await Answer(257 * 1024);
        Assert.StartsWith("HTTP/1.1 414", refused, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", refused, StringComparison.Ordinal);
        Assert.Contains("\"error\":\"The first line of the request, in which prompts travel, is larger than 256 KiB.", refused, StringComparison.Ordinal);
        Assert.Contains("Access-Control-Allow-Origin: *", refused, StringComparison.Ordinal);
        // So much is not kept until we see it.
        Assert.StartsWith("HTTP/1.1 414", await Answer(600 * 1024), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PUT", "/whip", "OPTIONS, GET, HEAD, POST")]
    [InlineData("DELETE", "/whip", "OPTIONS, GET, HEAD, POST")]
    [InlineData("PATCH", "/whep", "OPTIONS, GET, HEAD, POST")]
    [InlineData("TRACE", "/whep", "OPTIONS, GET, HEAD, POST")]
    [InlineData("BREW", "/whep", "OPTIONS, GET, HEAD, POST")]
    [InlineData("PUT", "/whep/unknown", "OPTIONS, GET, HEAD, DELETE, PATCH")]
    [InlineData("POST", "/whip/unknown", "OPTIONS, GET, HEAD, DELETE, PATCH")]
    [InlineData("POST", "/whip-stats", "OPTIONS, GET, HEAD")]
    [InlineData("DELETE", "/whep-stats", "OPTIONS, GET, HEAD")]
    [InlineData("POST", "/processing/status", "OPTIONS, GET, HEAD")]
    [InlineData("POST", "/health", "OPTIONS, GET, HEAD")]
    [InlineData("POST", "/", "OPTIONS, GET, HEAD")]
    public async Task A_method_that_is_not_served_is_405_and_Allow_names_those_that_are(string method, string path, string allowed)
    {
        using HttpResponseMessage response = await server.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Cancel);
        await Expect(response, HttpStatusCode.MethodNotAllowed, "Method not allowed");
        Assert.Equal(allowed.Split(", ").Order(), response.Content.Headers.Allow.Order());
    }

    [Theory]
    [InlineData("GET", "/whip/unknown")]
    [InlineData("HEAD", "/whep/unknown")]
    [InlineData("DELETE", "/whip/unknown")]
    [InlineData("DELETE", "/whep/%ff%fe%20x")]
    [InlineData("PATCH", "/whip/unknown")]
    [InlineData("PATCH", "/whep/unknown")]
    public async Task A_session_that_is_not_there_is_404(string method, string path)
    {
        using HttpResponseMessage response = await server.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Cancel);
        await Expect(response, HttpStatusCode.NotFound, method == "HEAD" ? null : "Resource not found");
    }

    [Fact]
    public async Task A_path_that_is_not_there_is_404_and_says_where_to_go()
    {
        using HttpResponseMessage response = await server.Http.GetAsync("/nothing/here", Cancel);
        await Expect(response, HttpStatusCode.NotFound, "/whip");
    }

    [Fact]
    public async Task Error_answers_can_be_read_by_pages_of_other_origins()
    {
        using HttpResponseMessage response = await Post("/whep", "");
        Assert.Equal("*", Assert.Single(response.Headers.GetValues("Access-Control-Allow-Origin")));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static StringContent Sdp(string body) => new(body, Encoding.UTF8, new MediaTypeHeaderValue("application/sdp"));

    private Task<HttpResponseMessage> Post(string url, string body) => server.Http.PostAsync(url, Sdp(body), Cancel);

    private async Task<string> Answer(int lineBytes)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.Address.Host, server.Address.Port, Cancel);
        NetworkStream stream = client.GetStream();
        string start = "POST /whip?prompts=%7B";
        string end = " HTTP/1.1";
        string request = start + new string('x', lineBytes - start.Length - end.Length) + end + "\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Length: 4\r\nConnection: close\r\n\r\nv=0\n";
        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(request), Cancel);
        }
        catch (IOException)
        {
            // Refused before all of it was read; the answer is there.
        }
        using var reader = new StreamReader(stream, Encoding.ASCII);
        try
        {
            return await reader.ReadToEndAsync(Cancel);
        }
        catch (IOException)
        {
            return "HTTP/1.1 414, and the connection was reset before it was read";
        }
    }

    private static async Task<string> Expect(HttpResponseMessage response, HttpStatusCode status, string? detailPart)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        if (detailPart is null)
            return "";
        using JsonDocument problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel));
        string detail = problem.RootElement.GetProperty("detail").GetString()!;
        Assert.NotEmpty(detail);
        Assert.Contains(detailPart, detail, StringComparison.Ordinal);
        Assert.Equal(detail, problem.RootElement.GetProperty("error").GetString());
        Assert.Equal((int)status, problem.RootElement.GetProperty("status").GetInt32());
        return detail;
    }
}
