using ComfyStream.EndToEnd.Browser;
using Microsoft.Playwright;

namespace ComfyStream.EndToEnd.Links;

/// <summary>A Chromium behind a link: everything that its pages do on the network goes over it. The test steers it by a pipe, which does not.</summary>
internal sealed class LinkBrowser : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly OtherOrigin _origin;

    private LinkBrowser(DirectoryInfo folder, IPlaywright playwright, IBrowser browser, OtherOrigin origin) =>
        (_folder, _playwright, _browser, _origin) = (folder, playwright, browser, origin);

    public static async Task<LinkBrowser> StartAsync(LinkEmulator link)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("comfystream-link-");
        string launcher = Path.Combine(folder.FullName, "chromium");
        await File.WriteAllTextAsync(launcher, $"#!/bin/sh\nexec {string.Join(' ', link.Inside.Prefix)} {Chromium.ExecutablePath} \"$@\"\n");
        NetworkNamespace.Execute("chmod", "+x", launcher);

        IPlaywright playwright = await Playwright.CreateAsync();
        IBrowser browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = launcher, Args = Chromium.Flags });
        return new LinkBrowser(folder, playwright, browser, await OtherOrigin.StartAsync($"{link.OuterAddress}"));
    }

    /// <summary>Opens a page that watches a stream and notes what it sees of it.</summary>
    public async Task<LinkPage> WatchAsync(string whepUrl)
    {
        LinkPage page = await OpenAsync();
        await page.Lab.WatchAsync(whepUrl);
        await page.RecordAsync();
        return page;
    }

    /// <summary>Opens a page that publishes a scene.</summary>
    public async Task<LinkPage> PublishAsync(string whipUrl, string scene)
    {
        LinkPage page = await OpenAsync();
        await page.Lab.PublishAsync(whipUrl, scene, withSound: true);
        await page.RecordAsync();
        return page;
    }

    /// <summary>Opens any page.</summary>
    /// <param name="script">Runs in it before its own.</param>
    public async Task<IPage> OpenAsync(Uri address, string script = "")
    {
        IPage page = await _browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 1280, Height = 900 } });
        await page.AddInitScriptAsync(script);
        await page.GotoAsync(address.ToString());
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await _origin.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task<LinkPage> OpenAsync()
    {
        IPage page = await _browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 640, Height = 360 } });
        await page.GotoAsync(_origin.Laboratory.ToString());
        await page.WaitForFunctionAsync("() => window.lab !== undefined");
        return new LinkPage(page);
    }
}
