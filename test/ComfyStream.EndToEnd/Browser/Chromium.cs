using Microsoft.Playwright;

namespace ComfyStream.EndToEnd.Browser;

/// <summary>One headless Chromium for all tests, started by the first that needs it. Each test opens a context of its own.</summary>
public sealed class Chromium : IAsyncDisposable
{
    /// <summary>Debian's browser.</summary>
    public const string ExecutablePath = "/usr/bin/chromium";

    /// <summary>What it is started with.</summary>
    internal static readonly string[] Flags =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
        "--autoplay-policy=no-user-gesture-required", "--allow-loopback-in-peer-connection", "--mute-audio",
    ];

    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private OtherOrigin? _origin;

    /// <summary>Opens a context for one test; its pages end with it.</summary>
    /// <param name="takesAnyCertificate">Whether a person clicked the warning about the certificate away.</param>
    internal async Task<BrowserSession> OpenAsync(bool takesAnyCertificate = false)
    {
        _playwright ??= await Playwright.CreateAsync();
        _browser ??= await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = ExecutablePath, Args = Flags });
        _origin ??= await OtherOrigin.StartAsync();
        IBrowserContext context = await _browser.NewContextAsync(new BrowserNewContextOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 }, IgnoreHTTPSErrors = takesAnyCertificate });
        return new BrowserSession(context, _origin.Laboratory);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        if (_origin is not null)
            await _origin.DisposeAsync();
    }
}
