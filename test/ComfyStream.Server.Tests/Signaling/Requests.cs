using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xunit;

namespace ComfyStream.Server.Tests.Signaling;

/// <summary>The requests of WHIP and WHEP, and what every error answer holds.</summary>
internal static class Requests
{
    public const string Fragment = "application/trickle-ice-sdpfrag";

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static StringContent Sdp(string body) => new(body, Encoding.UTF8, new MediaTypeHeaderValue("application/sdp"));

    public static string OfferFor(string path) => path.StartsWith("/whip", StringComparison.Ordinal) ? Offers.Publish : Offers.Watch;

    /// <summary>The endpoint for a channel of that name.</summary>
    public static string Endpoint(string path, string name) => path == "/whip" ? $"/whip?channelId={name}" : $"/whep?streamId={name}";

    public static Task<HttpResponseMessage> Post(this RunningServer server, string url, string? offer = null) =>
        server.Http.PostAsync(url, Sdp(offer ?? OfferFor(url)), Cancel);

    public static async Task<HttpResponseMessage> Send(this RunningServer server, string method, object url, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), url.ToString());
        change?.Invoke(request);
        return await server.Http.SendAsync(request, Cancel);
    }

    /// <summary>A session with a channel of its own.</summary>
    public static async Task<(Uri Url, string Tag)> Create(this RunningServer server, string path, string? offer = null)
    {
        using HttpResponseMessage response = await server.Post(Endpoint(path, $"c{Guid.NewGuid():N}"), offer);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (response.Headers.Location!, Header(response, "ETag"));
    }

    public static Task<HttpResponseMessage> Patch(this RunningServer server, Uri session, string body, string? ifMatch, string? contentType = Fragment) =>
        server.Send("PATCH", session, request =>
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            if (contentType is not null)
                request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            if (ifMatch is not null)
                request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        });

    public static string Header(HttpResponseMessage response, string name) => Assert.Single(
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) || response.Content.Headers.TryGetValues(name, out values) ? values : []);

    /// <summary>Checks an error answer, and returns what it says.</summary>
    public static async Task<string> Expect(HttpResponseMessage response, HttpStatusCode status, string detailPart = "")
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        using JsonDocument problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel));
        string detail = problem.RootElement.GetProperty("detail").GetString()!;
        Assert.NotEmpty(detail);
        Assert.Contains(detailPart, detail, StringComparison.Ordinal);
        Assert.Equal(detail, problem.RootElement.GetProperty("error").GetString());
        Assert.Equal((int)status, problem.RootElement.GetProperty("status").GetInt32());
        return detail;
    }
}
