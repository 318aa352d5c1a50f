using Microsoft.Playwright;

namespace ComfyStream.EndToEnd.Browser;

/// <summary>One page of the laboratory (Pages/lab.js): a publisher or a viewer.</summary>
internal sealed class LabPage(IPage page)
{
    private static readonly string? _screenshotFolder = Environment.GetEnvironmentVariable("COMFYSTREAM_TEST_SCREENSHOTS");

    public Task PublishAsync(string url, string scene, bool withSound) =>
        page.EvaluateAsync("([url, scene, withSound]) => lab.publish(url, scene, withSound)", new object[] { url, scene, withSound });

    public Task PublishCameraAsync(string url) => page.EvaluateAsync("url => lab.publishCamera(url)", url);

    public Task WatchAsync(string url) => page.EvaluateAsync("url => lab.watch(url)", url);

    /// <summary>Watches, and tells of its candidates by PATCH; the status codes are in <c>state.patched</c>.</summary>
    public Task WatchTricklingAsync(string url) => page.EvaluateAsync("url => lab.watch(url, null, true)", url);

    /// <summary>The session's URL as the page read it from <c>Location</c>.</summary>
    public Task<string> SessionAsync() => page.EvaluateAsync<string>("() => lab.state.session");

    /// <summary>DELETEs the session twice from the page and returns both status codes.</summary>
    public Task<int[]> EndAsync() => page.EvaluateAsync<int[]>("() => lab.end()");

    /// <summary>Restarts ICE by PATCH; the status codes of the candidates that follow are in <c>state.patched</c>.</summary>
    public Task RestartIceAsync() => page.EvaluateAsync("() => lab.restartIce()");

    /// <summary>Status codes of PATCH with candidates.</summary>
    public Task<int[]> PatchedAsync() => page.EvaluateAsync<int[]>("() => lab.state.patched");

    public Task<MediaTransport> TransportAsync() => page.EvaluateAsync<MediaTransport>("() => lab.transport()");

    public Task CloseAsync() => page.CloseAsync();

    public Task<string> ConnectionStateAsync() => page.EvaluateAsync<string>("() => lab.connectionState()");

    public Task<Figures> VideoAsync() => page.EvaluateAsync<Figures>("() => lab.figures('video')");

    public Task<Figures> AudioAsync() => page.EvaluateAsync<Figures>("() => lab.figures('audio')");

    /// <summary>Waits until so many frames more have been decoded or sent.</summary>
    public async Task<Figures> FramesAsync(int more)
    {
        int target = (await VideoAsync()).Frames + more;
        return await Eventually.PassesAsync(VideoAsync, figures => figures.Frames >= target, $"{more} more frames");
    }

    /// <summary>Mean red, green and blue of a patch of what is watched.</summary>
    public Task<double[]> ColourAsync(Patch patch) => page.EvaluateAsync<double[]>("([x, y, w, h]) => lab.colour(x, y, w, h)", patch.ToArray());

    /// <summary>Compares a patch of what is watched with the same patch of a scene.</summary>
    public Task<Comparison> CompareAsync(string scene, Patch patch) =>
        page.EvaluateAsync<Comparison>("([scene, x, y, w, h]) => lab.compare(scene, x, y, w, h)", new object[] { scene, patch.X, patch.Y, patch.Width, patch.Height });

    /// <summary>Frequency of the loudest tone of the left and the right channel.</summary>
    public Task<double[]> HearAsync() => page.EvaluateAsync<double[]>("() => lab.hear()");

    /// <summary>For a person who wants to look: saves the page when COMFYSTREAM_TEST_SCREENSHOTS names a folder.</summary>
    public async Task ShowAsync(string name)
    {
        if (_screenshotFolder is not null)
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(_screenshotFolder, name + ".png") });
    }
}

/// <summary>What getStats() says of a medium.</summary>
internal sealed record Figures
{
    public int Frames { get; init; }
    public int Packets { get; init; }
    public int Width { get; init; }
    public int Height { get; init; }
    public string Codec { get; init; } = "";
}

/// <summary>What getStats() says of the transport.</summary>
internal sealed record MediaTransport
{
    public string UserFragment { get; init; } = "";

    /// <summary>udp or tcp: how our end of the selected pair sends.</summary>
    public string Protocol { get; init; } = "";
    public int PairChanges { get; init; }
    public string Dtls { get; init; } = "";
    public int Lost { get; init; }
}

/// <summary>A part of the picture, in pixels.</summary>
internal sealed record Patch(int X, int Y, int Width, int Height)
{
    public int[] ToArray() => [X, Y, Width, Height];
}

/// <summary>A patch as it was watched, beside the published one.</summary>
internal sealed record Comparison
{
    /// <summary>Mean difference of a colour value, 0 to 255.</summary>
    public double Difference { get; init; }

    /// <summary>Mean difference of horizontal neighbours in what is watched.</summary>
    public double Sharpness { get; init; }

    /// <summary>The same in what was published.</summary>
    public double SourceSharpness { get; init; }
}
