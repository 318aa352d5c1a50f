using System.Net;
using Xunit;

namespace ComfyStream.Server.Tests.Studio;

public sealed class StudioPageTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Theory]
    [InlineData("/", "text/html")]
    [InlineData("/studio.css", "text/css")]
    [InlineData("/studio.js", "text/javascript")]
    public async Task The_page_comes_with_a_policy_that_lets_nothing_else_in(string path, string mediaType)
    {
        using HttpResponseMessage response = await server.Http.GetAsync(path, Cancel);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(mediaType, response.Content.Headers.ContentType?.MediaType);
        string policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("DENY", Assert.Single(response.Headers.GetValues("X-Frame-Options")));
        Assert.Equal("same-origin", Assert.Single(response.Headers.GetValues("Cross-Origin-Opener-Policy")));
        Assert.Equal("same-origin", Assert.Single(response.Headers.GetValues("Cross-Origin-Resource-Policy")));
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.False(response.Headers.Contains("Set-Cookie"));
        Assert.NotEmpty(await response.Content.ReadAsByteArrayAsync(Cancel));
    }

    [Fact]
    public async Task An_unchanged_file_costs_no_bytes()
    {
        using HttpResponseMessage first = await server.Http.GetAsync("/studio.js", Cancel);
        using var again = new HttpRequestMessage(HttpMethod.Get, "/studio.js");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using HttpResponseMessage second = await server.Http.SendAsync(again, Cancel);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    [Fact]
    public async Task The_page_needs_nothing_from_another_host()
    {
        foreach (string path in new[] { "/", "/studio.css", "/studio.js" })
        {
            string text = await server.Http.GetStringAsync(path, Cancel);
            Assert.DoesNotMatch("(src|href|url|from|import)\\s*[=(]?\\s*[\"']?https?://\\w", text);
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
