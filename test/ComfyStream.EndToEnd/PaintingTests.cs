using ComfyStream.EndToEnd.Browser;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd;

/// <summary>The network that this project trained, seen by Chromium beside the same stream unpainted.</summary>
public sealed class PaintingTests(RelayProcess relay, Chromium chromium) : RelayTests(relay), IClassFixture<RelayProcess>
{
    private const int Sample = 30;

    /// <summary>The person's body: an orange suit.</summary>
    private static readonly Patch Suit = new(230, 220, 120, 100);

    [Fact]
    public async Task A_painted_person_has_stronger_colours_and_is_the_same_person()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        await browser.PublishAsync(Relay.Whip("painted", "painterly"), "person");
        LabPage painted = await browser.WatchAsync(Relay.Whep("painted"));
        await painted.FramesAsync(Sample);
        await painted.ShowAsync("painted");
        Comparison painting = await painted.CompareAsync("person", Suit);

        await browser.PublishAsync(Relay.Whip("plain", "passthrough"), "person");
        LabPage plain = await browser.WatchAsync(Relay.Whep("plain"));
        await plain.FramesAsync(Sample);
        await plain.ShowAsync("plain");
        Comparison copy = await plain.CompareAsync("person", Suit);

        Assert.True(painting.Difference > 1.5 * copy.Difference, $"not painted: {painting}, plain: {copy}");
        Assert.InRange(painting.Difference, 0, 60);
        Assert.InRange(painting.Sharpness, copy.Sharpness / 4, copy.Sharpness * 2);
    }
}
