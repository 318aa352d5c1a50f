using Microsoft.Playwright;

namespace ComfyStream.EndToEnd.Browser;

/// <summary>A page that watches one stream from its first picture to its last, and keeps a record of all that it shows (Pages/witness.js).</summary>
internal sealed class WitnessPage(IPage page)
{
    public const string Slate = "slate";
    private const int Enough = 10;
    private const int EnoughSlates = 2;

    public LabPage Lab { get; } = new(page);

    /// <param name="refused">A codec, or a parameter of one, that it does not offer to play.</param>
    public async Task WatchAsync(string whepUrl, string? refused = null)
    {
        await page.EvaluateAsync("() => import('/witness.js').then(() => true)");
        await page.EvaluateAsync("([url, refused]) => witness.watch(url, refused)", new[] { whepUrl, refused });
    }

    /// <summary>All that it has shown since it was opened.</summary>
    public Task<ShownScene[]> StoryAsync() => page.EvaluateAsync<ShownScene[]>("() => witness.record.story");

    /// <summary>Waits until a scene is shown and moves on (or a second slate has come).</summary>
    public async Task<ShownScene> SeesAsync(string what)
    {
        ShownScene[] story = await Eventually.PassesAsync(
            StoryAsync,
            all => all.Length > 0 && all[^1].What == what && all[^1].Pictures >= (what == Slate ? EnoughSlates : Enough),
            $"the viewer sees: {what}");
        return story[^1];
    }

    /// <summary>What stands on the page now, also when no picture comes.</summary>
    public Task<string> ShowingAsync() => page.EvaluateAsync<string>("() => witness.showing()");

    /// <summary>Its session at the relay.</summary>
    public async Task<string> IdAsync() => new Uri(await Lab.SessionAsync()).Segments[^1];

    /// <summary>The states that its connection has been in.</summary>
    public Task<string[]> StatesAsync() => page.EvaluateAsync<string[]>("() => witness.states()");

    public Task<WitnessedPlayback> PlaybackAsync() => page.EvaluateAsync<WitnessedPlayback>("() => witness.playback()");

    /// <summary>The numbered pictures in the order in which they were shown.</summary>
    public Task<ShownPicture[]> ShownAsync() => page.EvaluateAsync<ShownPicture[]>("() => witness.record.shown");
}

/// <summary>Pictures of one scene that were shown one after the other.</summary>
internal sealed record ShownScene
{
    public string What { get; init; } = "";
    public string Size { get; init; } = "";
    public int Pictures { get; init; }

    public override string ToString() => $"{What} {Size} x {Pictures}";
}

/// <summary>A picture with a number.</summary>
internal sealed record ShownPicture
{
    /// <summary>When, in milliseconds since 1970.</summary>
    public double At { get; init; }
    public int Number { get; init; }
}

/// <summary>What getStats() says.</summary>
internal sealed record WitnessedPlayback
{
    public string Codec { get; init; } = "";

    /// <summary>Pictures that arrived whole.</summary>
    public int FramesReceived { get; init; }
    public int FramesDecoded { get; init; }
    public int FramesDropped { get; init; }
    public int Freezes { get; init; }
    public double FreezeSeconds { get; init; }
    public int PictureLosses { get; init; }

    /// <summary>Seconds that all pictures together have waited to be shown.</summary>
    public double BufferDelay { get; init; }
    public int BufferEmitted { get; init; }
    public double SoundSamples { get; init; }
    public double SoundConcealed { get; init; }
}
