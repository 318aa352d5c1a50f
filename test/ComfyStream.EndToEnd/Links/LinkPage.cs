using ComfyStream.EndToEnd.Browser;
using Microsoft.Playwright;

namespace ComfyStream.EndToEnd.Links;

/// <summary>A page of the laboratory behind a link, with what it notes of its pictures (Pages/playback.js).</summary>
internal sealed class LinkPage(IPage page)
{
    public LabPage Lab { get; } = new(page);

    /// <summary>Begins to note.</summary>
    public async Task RecordAsync() => await page.EvaluateAsync("() => import('/playback.js').then(() => true)");

    public Task<ReceivedPicture> ReceivedAsync() => page.EvaluateAsync<ReceivedPicture>("() => playback.received()");

    public Task<SentPicture> SentAsync() => page.EvaluateAsync<SentPicture>("() => playback.sent()");

    /// <summary>Asks the browser to hold pictures back for so long.</summary>
    public Task BufferAsync(int milliseconds) =>
        page.EvaluateAsync("target => { for (const receiver of lab.state.peer.getReceivers()) receiver.jitterBufferTarget = target; }", milliseconds);

    /// <summary>When each picture was shown.</summary>
    public async Task<IReadOnlyList<DateTimeOffset>> ShownAsync()
    {
        double[] milliseconds = await page.EvaluateAsync<double[]>("() => playback.shown");
        return [.. milliseconds.Select(at => DateTimeOffset.FromUnixTimeMilliseconds((long)at))];
    }
}

/// <summary>What the browser says of the picture that it receives.</summary>
internal sealed record ReceivedPicture
{
    public int FramesDecoded { get; init; }
    public int KeyFramesDecoded { get; init; }
    public int FramesDropped { get; init; }
    public int Freezes { get; init; }
    public double FreezeSeconds { get; init; }
    public int Packets { get; init; }
    public int PacketsLost { get; init; }
    public int Retransmissions { get; init; }
    public int Nacks { get; init; }
    public int PictureLosses { get; init; }

    /// <summary>Mean time that a picture waited before it was decoded.</summary>
    public double BufferSeconds { get; init; }
}

/// <summary>What the browser says of the picture that it sends.</summary>
internal sealed record SentPicture
{
    public int Frames { get; init; }
    public int Packets { get; init; }
    public int Retransmissions { get; init; }
    public int Nacks { get; init; }
    public int PictureLosses { get; init; }
    public double BitRate { get; init; }
}
