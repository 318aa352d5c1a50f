using System.Net;
using Xunit;

namespace ComfyStream.Server.Tests.Signaling;

/// <summary>What browsers let pages of other origins do.</summary>
public sealed class CrossOriginTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Theory]
    [InlineData("/whip", "POST")]
    [InlineData("/whep", "POST")]
    [InlineData("/whip/any", "PATCH")]
    [InlineData("/whep/any", "DELETE")]
    [InlineData("/whep-stats", "GET")]
    [InlineData("/processing/status", "GET")]
    public async Task A_preflight_of_any_origin_is_allowed_and_carries_no_ice_servers(string path, string method)
    {
        foreach (string origin in new[] { "https://elsewhere.example.org", "null" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Options, path);
            request.Headers.Add("Origin", origin);
            request.Headers.Add("Access-Control-Request-Method", method);
            request.Headers.Add("Access-Control-Request-Headers", "content-type");
            using HttpResponseMessage response = await server.Http.SendAsync(request, Cancel);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal("*", Header(response, "Access-Control-Allow-Origin"));
            Assert.Equal("OPTIONS, GET, HEAD, POST, PATCH, DELETE", Header(response, "Access-Control-Allow-Methods"));
            Assert.Equal("Authorization, Content-Type, If-Match, If-None-Match, ETag, Cache-Control, Accept, Last-Event-ID", Header(response, "Access-Control-Allow-Headers"));
            Assert.True(response.Headers.Contains("Access-Control-Max-Age"));
            Assert.False(response.Headers.Contains("Link"));
            Assert.False(response.Headers.Contains("Access-Control-Allow-Credentials"));
        }
    }

    [Theory]
    [InlineData("/whip")]
    [InlineData("/whep")]
    public async Task Options_says_what_may_be_posted_which_methods_are_served_and_the_ice_servers(string path)
    {
        using HttpResponseMessage response = await server.Http.SendAsync(new HttpRequestMessage(HttpMethod.Options, path), Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/sdp", Header(response, "Accept-Post"));
        Assert.Equal("<stun:stun.l.google.com:19302>; rel=\"ice-server\"", Header(response, "Link"));
        // Clients that read PATCH here trickle.
        Assert.Equal("OPTIONS, GET, HEAD, POST, PATCH, DELETE", Header(response, "Access-Control-Allow-Methods"));
    }

    [Theory]
    [InlineData("GET", "/whip")]
    [InlineData("HEAD", "/whip")]
    [InlineData("GET", "/whep")]
    [InlineData("HEAD", "/whep")]
    public async Task The_endpoint_answers_200_without_content_and_with_its_media_type(string method, string path)
    {
        using HttpResponseMessage response = await server.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path), Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/sdp", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(0, response.Content.Headers.ContentLength);
        Assert.Equal("Location, Link, ETag, Accept-Post, Accept-Patch, Retry-After, WWW-Authenticate, Access-Control-Allow-Methods", Header(response, "Access-Control-Expose-Headers"));
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/workflows")]
    [InlineData("/")]
    public async Task What_the_brief_does_not_show_stays_same_origin(string path)
    {
        using HttpResponseMessage response = await server.Http.GetAsync(path, Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Header(HttpResponseMessage response, string name) => Assert.Single(response.Headers.GetValues(name));
}
