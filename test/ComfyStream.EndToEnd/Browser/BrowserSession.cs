using Microsoft.Playwright;

namespace ComfyStream.EndToEnd.Browser;

/// <summary>The pages of one test, in a browser context of their own.</summary>
internal sealed class BrowserSession(IBrowserContext context, Uri laboratory) : IAsyncDisposable
{
    private readonly List<string> _problems = [];

    /// <summary>What the pages wrote as errors to their consoles.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Opens any page.</summary>
    public async Task<IPage> OpenAsync(Uri address)
    {
        IPage page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                _problems.Add(message.Text);
        };
        page.PageError += (_, error) => _problems.Add(error);
        await page.GotoAsync(address.ToString());
        return page;
    }

    /// <summary>Opens the laboratory, a page of another origin than the relay's.</summary>
    public async Task<LabPage> OpenLabAsync() => new(await OpenLaboratoryAsync());

    /// <summary>Opens a page that watches a stream.</summary>
    public async Task<LabPage> WatchAsync(string whepUrl)
    {
        LabPage page = await OpenLabAsync();
        await page.WatchAsync(whepUrl);
        return page;
    }

    /// <summary>Opens a page that watches a stream and keeps a record of what it shows.</summary>
    /// <param name="refused">A codec, or a parameter of one, that it does not offer to play.</param>
    public async Task<WitnessPage> WitnessAsync(string whepUrl, string? refused = null)
    {
        var page = new WitnessPage(await OpenLaboratoryAsync());
        await page.WatchAsync(whepUrl, refused);
        return page;
    }

    /// <summary>Opens a page that publishes a scene.</summary>
    public async Task<LabPage> PublishAsync(string whipUrl, string scene, bool withSound = false)
    {
        LabPage page = await OpenLabAsync();
        await page.PublishAsync(whipUrl, scene, withSound);
        return page;
    }

    public async ValueTask DisposeAsync() => await context.CloseAsync();

    private async Task<IPage> OpenLaboratoryAsync()
    {
        IPage page = await OpenAsync(laboratory);
        await page.WaitForFunctionAsync("() => window.lab !== undefined");
        return page;
    }
}
