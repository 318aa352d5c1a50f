using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using ComfyStream.Server.Access;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Limits;
using ComfyStream.Server.Options;
using ComfyStream.Server.Signaling;
using ComfyStream.Streaming;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ComfyStream.Server.Tests.Limits;

public sealed class LimitTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new();

    public void Dispose()
    {
        _folder.Dispose();
        _http.Dispose();
    }

    [Fact]
    public void By_default_200_posts_a_second_of_one_address_pass_for_ever()
    {
        var clock = new SteppedClock();
        var limiter = new RateLimiter(new LimitOptions().Address, clock);
        for (int i = 0; i < 20_000; i++)
        {
            Assert.True(limiter.TryTake("192.0.2.1", out _));
            clock.Advance(TimeSpan.FromSeconds(1.0 / 200));
        }
    }

    [Theory]
    [InlineData("sessions")]
    [InlineData("halfOpenSessions")]
    [InlineData("waitedForNames")]
    [InlineData("channels")]
    public async Task W64_a_new_session_beyond_a_limit_is_503_with_retry_after(string key)
    {
        LimitOptions limits = LimitConfig.All.Single(setting => setting.Key == key).Apply(new LimitOptions(), 2);
        await using RelayServer server = await StartAsync(limits);
        await ExpectAsync(server, "/whep?streamId=a", HttpStatusCode.Created);
        await ExpectAsync(server, "/whep?streamId=b", HttpStatusCode.Created);
        using HttpResponseMessage refused = await PostAsync(server, "/whep?streamId=c");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter?.Delta);
    }

    [Theory]
    [InlineData("halfOpenSessionsPerAddress")]
    [InlineData("sessionsPerAddress")]
    public async Task T5_of_one_address_only_so_many_sessions_are_taken_and_another_address_still_gets_in(string key)
    {
        LimitOptions limits = LimitConfig.All.Single(setting => setting.Key == key).Apply(new LimitOptions(), 2);
        await using RelayServer server = await StartAsync(limits);
        // A proxy on this machine is believed who asks.
        foreach (string path in (string[])["/whip?channelId=a", "/whep?streamId=a"])
            await ExpectAsync(server, path, HttpStatusCode.Created, forwardedFor: "192.0.2.1");
        using HttpResponseMessage refused = await PostAsync(server, "/whep?streamId=a", forwardedFor: "192.0.2.1");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter?.Delta);
        Assert.Contains("this address", await refused.Content.ReadAsStringAsync(Cancel), StringComparison.OrdinalIgnoreCase);
        await ExpectAsync(server, "/whep?streamId=a", HttpStatusCode.Created, forwardedFor: "192.0.2.2");
        await ExpectAsync(server, "/whep?streamId=a", HttpStatusCode.Created, forwardedFor: "2001:db8::1");
        await ExpectAsync(server, "/whep?streamId=a", HttpStatusCode.Created, forwardedFor: "2001:db8::2");
        await ExpectAsync(server, "/whep?streamId=a", HttpStatusCode.TooManyRequests, forwardedFor: "2001:db8::3");
    }

    [Fact]
    public async Task A_name_that_is_waited_for_already_takes_more_viewers_and_publishers_come_whatever_is_waited_for()
    {
        await using RelayServer server = await StartAsync(new LimitOptions { WaitedForNames = 1 });
        await ExpectAsync(server, "/whep?streamId=a", HttpStatusCode.Created);
        await ExpectAsync(server, "/whep?streamId=a", HttpStatusCode.Created);
        await ExpectAsync(server, "/whip?channelId=b", HttpStatusCode.Created);
        await ExpectAsync(server, "/whep?streamId=b", HttpStatusCode.Created);
    }

    [Fact]
    public async Task W64_W67_more_requests_than_the_rate_of_the_address_are_429_with_retry_after_and_reading_is_free()
    {
        await using RelayServer server = await StartAsync(new LimitOptions { Address = new RateOptions(0.001, 2) });
        await ExpectAsync(server, "/whep", HttpStatusCode.Created);
        await ExpectAsync(server, "/whep", HttpStatusCode.Created);
        using HttpResponseMessage refused = await PostAsync(server, "/whep");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter?.Delta);
        using HttpResponseMessage deleted = await _http.DeleteAsync(new Uri(server.BaseAddress, "/whep/any"), Cancel);
        Assert.Equal(HttpStatusCode.TooManyRequests, deleted.StatusCode);
        using HttpResponseMessage read = await _http.GetAsync(new Uri(server.BaseAddress, "/whep-stats"), Cancel);
        Assert.Equal(HttpStatusCode.OK, read.StatusCode);
    }

    [Fact]
    public async Task A_body_above_the_limit_is_413_and_says_what_the_limit_is()
    {
        await using RelayServer server = await StartAsync(new LimitOptions { BodyBytes = 2048 });
        using HttpResponseMessage response = await PostAsync(server, "/whep", Offers.Watch + new string('x', 2048));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains("2 KiB", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5_000)]
    [InlineData(30_000)]
    public async Task Headers_above_the_limit_are_431(int headerBytes)
    {
        await using RelayServer server = await StartAsync(new LimitOptions { HeaderBytes = 4096, RequestLineBytes = 4096 });
        string answer = await SendRawAsync(server, $"GET / HTTP/1.1\r\nHost: localhost\r\nX: {new string('x', headerBytes)}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 431", answer, StringComparison.Ordinal);
        // Kestrel answers what is absurdly large, without a body.
        if (headerBytes < 8192)
            Assert.Contains("\"error\":\"The headers of the request are larger than 4 KiB.", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_below_the_limit_pass_beside_a_first_line_below_its_own()
    {
        await using RelayServer server = await StartAsync(new LimitOptions { HeaderBytes = 4096, RequestLineBytes = 4096 });
        string answer = await SendRawAsync(server, $"GET /health?{new string('x', 4000)} HTTP/1.1\r\nHost: localhost\r\nX: {new string('x', 4000)}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_beyond_the_limit_is_closed()
    {
        await using RelayServer server = await StartAsync(new LimitOptions { Connections = 1 });
        using var first = new TcpClient(server.BaseAddress.Host, server.BaseAddress.Port);
        await first.GetStream().WriteAsync("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray(), Cancel);
        Assert.Equal('H', first.GetStream().ReadByte());
        Assert.Equal("", await SendRawAsync(server, "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
    }

    [Fact]
    public async Task A_body_that_comes_too_slowly_is_408_and_says_so()
    {
        await using RelayServer server = await StartAsync(new LimitOptions { LeastBytesPerSecond = 1_000_000 });
        string answer = await SendRawAsync(server, "POST /whep HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Length: 5000\r\n\r\nv=0\r\n");
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task W67_more_requests_than_the_rate_of_a_token_are_429_and_those_with_another_pass()
    {
        TokenEntry[] tokens = [.. new[] { "a", "b" }.Select(name => new TokenEntry(name, TokenDigest.Of(name), AccessRights.View, new ChannelPatterns(["*"])))];
        await using RelayServer server = await StartAsync(new LimitOptions { Token = new RateOptions(0.001, 1) }, new AuthOptions { Tokens = tokens });
        await ExpectAsync(server, "/whep", HttpStatusCode.Created, token: "a");
        await ExpectAsync(server, "/whep", HttpStatusCode.TooManyRequests, token: "a");
        await ExpectAsync(server, "/whep", HttpStatusCode.TooManyRequests, forwardedFor: "192.0.2.1", token: "a");
        await ExpectAsync(server, "/whep", HttpStatusCode.Created, token: "b");
    }

    [Fact]
    public async Task W64_while_the_loops_are_busy_a_new_session_is_503_with_retry_after_and_everything_else_passes()
    {
        await using var relay = new Relay(new RelayOptions { MediaHost = IPAddress.Loopback, MediaPort = 0 }, NullLoggerFactory.Instance);
        using var drain = new Drain(() => 0, TimeProvider.System, NullLogger<Drain>.Instance);
        var clock = new SteppedClock();
        TimeSpan idle = TimeSpan.Zero;
        var load = new LoopLoad(() => [idle], clock);
        var gate = new AdmissionGate(relay, drain, new LimitOptions { LoopLoad = 0.9 }, load, NullLogger<AdmissionGate>.Instance);
        Assert.Equal(200, await AskAsync("POST"));
        clock.Advance(TimeSpan.FromSeconds(4));
        idle = TimeSpan.FromSeconds(0.2);
        Assert.Equal(503, await AskAsync("POST"));
        Assert.Equal(200, await AskAsync("PATCH"));
        clock.Advance(TimeSpan.FromSeconds(4));
        idle = TimeSpan.FromSeconds(2);
        Assert.Equal(200, await AskAsync("POST"));

        async Task<int> AskAsync(string method)
        {
            var context = new DefaultHttpContext { Request = { Method = method } };
            context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new HttpResource(AccessRule.Open) { MakesSessions = true }), null));
            await gate.InvokeAsync(context, _ => Task.CompletedTask);
            Assert.Equal(context.Response.StatusCode == 503, context.Response.Headers.RetryAfter.Count == 1);
            return context.Response.StatusCode;
        }
    }

    [Fact]
    public async Task Headers_that_never_end_are_408()
    {
        await using RelayServer server = await StartAsync(new LimitOptions { HeaderTime = TimeSpan.FromSeconds(0.5) });
        Assert.StartsWith("HTTP/1.1 408", await SendRawAsync(server, "GET / HTTP/1.1\r\nHost: localhost\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_load_is_that_of_the_loop_with_the_least_to_do_over_the_last_seconds()
    {
        var clock = new SteppedClock();
        TimeSpan[] idle = [TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20)];
        var load = new LoopLoad(() => [.. idle], clock);
        Assert.Equal(0, load.Least);
        clock.Advance(TimeSpan.FromSeconds(2));
        idle = [TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(20.5)];
        Assert.Equal(0.75, load.Least, 3);
        clock.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(0.75, load.Least, 3);
        clock.Advance(TimeSpan.FromSeconds(2));
        idle = [TimeSpan.FromSeconds(12.5), TimeSpan.FromSeconds(21)];
        Assert.Equal(0, load.Least, 3);
    }

    [Fact]
    public async Task A_server_that_has_rested_for_seconds_is_not_busy()
    {
        await using RelayServer server = await StartAsync(new LimitOptions { LoopLoad = 0.5 });
        await ExpectAsync(server, "/whep?streamId=a", HttpStatusCode.Created);
        await Task.Delay(TimeSpan.FromSeconds(2.5), Cancel);
        await ExpectAsync(server, "/whep?streamId=b", HttpStatusCode.Created);
    }

    private Task<RelayServer> StartAsync(LimitOptions limits, AuthOptions? auth = null) =>
        RelayServer.StartAsync(new ServeOptions { Port = 0, MediaPort = 0, Advertise = [IPAddress.Loopback], Workspace = _folder.Path, Limits = limits, Auth = auth ?? new AuthOptions() }, null, Cancel);

    private async Task ExpectAsync(RelayServer server, string path, HttpStatusCode status, string? forwardedFor = null, string? token = null)
    {
        using HttpResponseMessage response = await PostAsync(server, path, forwardedFor: forwardedFor, token: token);
        Assert.Equal(status, response.StatusCode);
    }

    private async Task<HttpResponseMessage> PostAsync(RelayServer server, string path, string? offer = null, string? forwardedFor = null, string? token = null)
    {
        using var content = new StringContent(offer ?? (path.StartsWith("/whip", StringComparison.Ordinal) ? Offers.Publish : Offers.Watch));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/sdp");
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.BaseAddress, path)) { Content = content };
        if (forwardedFor is not null)
            request.Headers.Add("X-Forwarded-For", forwardedFor);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await _http.SendAsync(request, Cancel);
    }

    private static async Task<string> SendRawAsync(RelayServer server, string text)
    {
        using var tcp = new TcpClient(server.BaseAddress.Host, server.BaseAddress.Port);
        await tcp.GetStream().WriteAsync(Encoding.ASCII.GetBytes(text), Cancel);
        using var reader = new StreamReader(tcp.GetStream(), Encoding.ASCII);
        try
        {
            return await reader.ReadToEndAsync(Cancel);
        }
        catch (IOException)
        {
            // Closed before all was read.
            return "";
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
