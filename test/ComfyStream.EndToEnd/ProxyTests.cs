using ComfyStream.EndToEnd.Browser;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd;

/// <summary>The relay behind a TLS proxy: signalling goes through it, media does not.</summary>
public sealed class ProxyTests(Chromium chromium)
{
    [Fact]
    public async Task W68_Through_a_proxy_that_forwards_the_headers_Chromium_publishes_watches_restarts_and_ends()
    {
        await using var relay = new RelayProcess();
        await relay.InitializeAsync();
        await using var proxy = new TlsProxy();
        await proxy.StartAsync("/", relay.Address, "Host $proxy_host", "X-Forwarded-Host $http_host", "X-Forwarded-Proto $scheme", "X-Forwarded-For $remote_addr");
        await PlayAsync(relay, proxy.Address);
    }

    [Fact]
    public async Task W68_Through_a_proxy_that_forwards_no_headers_under_a_path_it_works_by_the_public_url()
    {
        await using var proxy = new TlsProxy();
        var there = new Uri(proxy.Address, "/live/");
        await using var relay = new PublicRelay(there);
        await relay.InitializeAsync();
        await proxy.StartAsync("/live/", relay.Address);
        await PlayAsync(relay, there);
    }

    private async Task PlayAsync(RelayProcess relay, Uri proxied)
    {
        await using BrowserSession browser = await chromium.OpenAsync(takesAnyCertificate: true);
        LabPage publisher = await browser.PublishAsync(new Uri(proxied, "whip?channelId=behind&prompts=invert").ToString(), "quadrants");
        LabPage viewer = await browser.WatchAsync(new Uri(proxied, "whep?streamId=behind").ToString());
        await Quadrants.ShownAsync(viewer, Quadrants.Inverted);
        foreach ((LabPage page, string endpoint) in new[] { (publisher, "whip/"), (viewer, "whep/") })
        {
            string session = await page.SessionAsync();
            Assert.StartsWith(new Uri(proxied, endpoint).ToString(), session, StringComparison.Ordinal);
        }

        await viewer.RestartIceAsync();
        await viewer.FramesAsync(30);
        Assert.Contains(relay.Lines, line => line.EndsWith("restarts ICE", StringComparison.Ordinal));
        int[] viewerEnd = await viewer.EndAsync();
        int[] publisherEnd = await publisher.EndAsync();
        Assert.Equal([200, 404], viewerEnd);
        Assert.Equal([200, 404], publisherEnd);
    }

    private sealed class PublicRelay(Uri url) : RelayProcess(["--public-url", url.ToString()]);
}
