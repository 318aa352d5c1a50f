using System.Net;
using System.Net.Http.Headers;
using ComfyStream.Server.Access;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Options;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace ComfyStream.Server.Tests.Access;

/// <summary>Sessions whose token is good no more.</summary>
public sealed class ExpiryTests
{
    [Fact]
    public async Task A_session_stays_when_its_token_has_expired_and_a_new_token_of_the_same_holder_ends_it()
    {
        string good = "first";
        await using LoopbackService service = await LoopbackService.StartAsync(async context =>
        {
            string asked = await new StreamReader(context.Request.Body).ReadToEndAsync();
            if (asked.Contains($"\"{good}\"", StringComparison.Ordinal))
                await context.Response.WriteAsync("""{ "name": "alice", "rights": ["view"], "channels": ["*"], "seconds": 0 }""");
            else
                context.Response.StatusCode = StatusCodes.Status403Forbidden;
        }, isJson: true);
        using var folder = new TemporaryFolder();
        var options = new ServeOptions
        {
            Port = 0,
            MediaPort = 0,
            Advertise = [IPAddress.Loopback],
            Workspace = folder.Path,
            Auth = new AuthOptions { Webhook = new WebhookOptions(service.Url, TimeSpan.FromSeconds(5), TimeSpan.Zero) },
        };
        await using RelayServer server = await RelayServer.StartAsync(options, null, Cancel);
        using var http = new HttpClient { BaseAddress = server.BaseAddress };

        using HttpResponseMessage created = await SendAsync(http, HttpMethod.Post, "/whep", "first");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        string session = created.Headers.Location!.AbsolutePath;
        good = "second";
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, HttpMethod.Post, "/whep", "first"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(http, HttpMethod.Delete, session, "first"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, HttpMethod.Get, session, "second"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, HttpMethod.Delete, session, "second"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(http, HttpMethod.Delete, session, "second"));
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, HttpMethod method, string path, string token)
    {
        using HttpResponseMessage response = await SendAsync(http, method, path, token);
        return response.StatusCode;
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, HttpMethod method, string path, string token)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        if (method == HttpMethod.Post)
            request.Content = new StringContent(Offers.Watch) { Headers = { ContentType = new MediaTypeHeaderValue("application/sdp") } };
        return await http.SendAsync(request, Cancel);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
