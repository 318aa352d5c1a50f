using System.Text.Json;

namespace ComfyStream.EndToEnd.Links;

/// <summary>A relay on this machine, and a Chromium that publishes to it from behind a link.</summary>
internal sealed class PublishedLink : IAsyncDisposable
{
    private const string Channel = "published";

    private readonly Parts _parts;

    private PublishedLink(Parts parts, LinkEmulator link, LinkRelay relay, LinkPage publisher) =>
        (_parts, Link, Relay, Publisher) = (parts, link, relay, publisher);

    public LinkEmulator Link { get; }

    public LinkRelay Relay { get; }

    public LinkPage Publisher { get; }

    /// <summary>Where viewers find the stream.</summary>
    public string WhepUrl => Relay.Whep(Channel);

    /// <summary>Starts all of it and waits until pictures arrive. Owns the link from the beginning.</summary>
    public static async Task<PublishedLink> StartAsync(LinkEmulator link)
    {
        var parts = new Parts();
        try
        {
            parts.Add(link);
            LinkRelay relay = parts.Add(new LinkRelay(link));
            await relay.InitializeAsync();
            LinkBrowser browser = parts.Add(await LinkBrowser.StartAsync(link));
            var published = new PublishedLink(parts, link, relay, await browser.PublishAsync(relay.Whip(Channel), "person"));
            await published.ReceiveAsync(1);
            return published;
        }
        catch
        {
            await parts.DisposeAsync();
            throw;
        }
    }

    /// <summary>The publisher's session as the relay sees it: the only one.</summary>
    public async Task<JsonElement> SessionAsync() => (await Relay.GetAsync("/whip-stats")).EnumerateObject().Single().Value;

    /// <summary>Publishes for a while: pictures sent, and how many of them arrived whole.</summary>
    public async Task<(int Sent, int Received)> PublishAsync(TimeSpan length)
    {
        (int sentBefore, int receivedBefore) = await CountAsync();
        await Task.Delay(length);
        (int sentAfter, int receivedAfter) = await CountAsync();
        return (sentAfter - sentBefore, receivedAfter - receivedBefore);
    }

    /// <summary>Waits until so many more pictures have arrived whole.</summary>
    public async Task ReceiveAsync(int more)
    {
        int target = (await CountAsync()).Received + more;
        await Eventually.PassesAsync(
            async () => $"{(await CountAsync()).Received}", received => int.Parse(received) >= target, $"{more} more pictures arrive");
    }

    public ValueTask DisposeAsync() => _parts.DisposeAsync();

    private async Task<(int Sent, int Received)> CountAsync() =>
        ((await Publisher.SentAsync()).Frames, (await SessionAsync()).GetProperty("frames_received").GetInt32());
}
