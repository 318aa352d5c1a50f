using System.Diagnostics;
using System.Text.Json;

namespace ComfyStream.EndToEnd.Links;

/// <summary>A relay with a publisher on this machine, and a Chromium that watches from behind a link.</summary>
internal sealed class WatchedLink : IAsyncDisposable
{
    private const string Channel = "watched";

    private readonly Parts _parts;

    private WatchedLink(Parts parts, LinkEmulator link, LinkRelay relay, LinkPage viewer) => (_parts, Link, Relay, Viewer) = (parts, link, relay, viewer);

    public LinkEmulator Link { get; }

    public LinkRelay Relay { get; }

    public LinkPage Viewer { get; }

    /// <summary>Starts all of it and waits for the first picture. Owns the link from the beginning.</summary>
    public static async Task<WatchedLink> StartAsync(LinkEmulator link, string workflow)
    {
        var parts = new Parts();
        try
        {
            parts.Add(link);
            LinkRelay relay = parts.Add(new LinkRelay(link));
            await relay.InitializeAsync();
            parts.Add(await ScenePublisher.StartAsync(relay.Whip(Channel, workflow)));
            LinkBrowser browser = parts.Add(await LinkBrowser.StartAsync(link));
            LinkPage viewer = await browser.WatchAsync(relay.Whep(Channel));
            await Eventually.PassesAsync(viewer.ReceivedAsync, seen => seen.FramesDecoded > 0, "a first picture");
            return new WatchedLink(parts, link, relay, viewer);
        }
        catch
        {
            await parts.DisposeAsync();
            throw;
        }
    }

    /// <summary>The viewer's session as the relay sees it: the only one.</summary>
    public async Task<JsonElement> SessionAsync() => (await Relay.GetAsync("/whep-stats")).EnumerateObject().Single().Value;

    /// <summary>Watches for a while and says what came of it.</summary>
    public async Task<Playback> PlayAsync(TimeSpan length)
    {
        ReceivedPicture before = await Viewer.ReceivedAsync();
        int sentBefore = await FramesSentAsync();
        await Task.Delay(length);
        ReceivedPicture after = await Viewer.ReceivedAsync();
        return new Playback(await FramesSentAsync() - sentBefore, before, after);
    }

    /// <summary>Interrupts the link and waits until the picture goes on.</summary>
    public async Task<Recovery> SurviveAsync(TimeSpan outage)
    {
        DateTimeOffset end = Link.BeginOutage(outage);
        await Task.Delay(outage);
        return await Eventually.GetAsync(
            async () => Recovery.Find(await Viewer.ShownAsync(), end),
            Eventually.Limit,
            () => $"the picture goes on after an outage that ended at {end:HH:mm:ss.fff}");
    }

    public ValueTask DisposeAsync() => _parts.DisposeAsync();

    private async Task<int> FramesSentAsync() => (await SessionAsync()).GetProperty("frames_sent").GetInt32();
}

/// <summary>A while of watching: how many pictures the relay sent, and what the browser said before and after.</summary>
internal sealed record Playback(int FramesSent, ReceivedPicture Before, ReceivedPicture After)
{
    public int FramesDecoded => After.FramesDecoded - Before.FramesDecoded;
    public int Freezes => After.Freezes - Before.Freezes;
    public double FreezeSeconds => After.FreezeSeconds - Before.FreezeSeconds;
    public int Retransmissions => After.Retransmissions - Before.Retransmissions;

    /// <summary>Share of the pictures that were decoded.</summary>
    public double Share => (double)FramesDecoded / FramesSent;
}
