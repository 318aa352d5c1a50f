using System.Globalization;
using System.Runtime.InteropServices;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd;

/// <summary>
/// Flash and beep: a viewer finds them together by RTP timestamps and sender reports, as a player does, although one of them
/// was longer under way to the relay, or in it.
/// </summary>
public sealed class LipSyncTests(RelayProcess relay) : RelayTests(relay), IClassFixture<RelayProcess>
{
    private const double MostOffsetMilliseconds = 40;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(40);

    [Theory]
    [InlineData("passthrough", 150, 0)]
    [InlineData("passthrough", 0, 150)]
    [InlineData("background-blur", 150, 0)]
    public async Task Sound_and_picture_stay_together(string workflow, int pictureDelay, int soundDelay)
    {
        string channel = $"{workflow}-{pictureDelay}-{soundDelay}";
        await using ChildProcess publisher = await PublishAsync(channel, workflow, pictureDelay, soundDelay);
        await using ChildProcess viewer = Watch(channel);

        await ExpectTogetherAsync(viewer, flashes: 5);
        await EndAsync(viewer);
        await EndAsync(publisher);
    }

    [Fact]
    public async Task They_are_together_again_after_a_takeover_and_after_a_reconnect()
    {
        await using ChildProcess first = await PublishAsync("changes", "passthrough", pictureDelay: 150, soundDelay: 0);
        await using ChildProcess viewer = Watch("changes");
        await ExpectTogetherAsync(viewer, flashes: 3);

        await using ChildProcess second = await PublishAsync("changes", "passthrough", pictureDelay: 20, soundDelay: 100);
        await ExpectTogetherAsync(viewer, flashes: 4);

        await EndAsync(second);
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        await using ChildProcess third = await PublishAsync("changes", "passthrough", pictureDelay: 120, soundDelay: 0);
        await ExpectTogetherAsync(viewer, flashes: 4);
        await EndAsync(viewer);
        await EndAsync(third);
    }

    private static ChildProcess StartPeer(params string[] arguments) => PeerProcess.Start("lip_sync.py", arguments);

    // Until its first reports have come, sound and picture are as far apart as they arrive.
    private async Task<ChildProcess> PublishAsync(string channel, string workflow, int pictureDelay, int soundDelay)
    {
        ChildProcess publisher = StartPeer(
            "publish", Relay.Whip(channel, workflow), pictureDelay.ToString(CultureInfo.InvariantCulture), soundDelay.ToString(CultureInfo.InvariantCulture));
        await publisher.LineWithAsync("reported", _patience);
        return publisher;
    }

    private ChildProcess Watch(string channel) => StartPeer("view", Relay.Whep(channel));

    private static async Task ExpectTogetherAsync(ChildProcess viewer, int flashes)
    {
        // What is on its way, and measured, while this begins is not judged.
        const int Before = 1;
        int seen = Offsets(viewer).Length;
        double[] offsets = await Eventually.PassesAsync(
            () => Task.FromResult(Offsets(viewer)), all => viewer.HasExited || all.Length >= seen + Before + flashes, $"{flashes} flashes and beeps", _patience);
        offsets = offsets[Math.Min(seen + Before, offsets.Length)..];
        TestContext.Current.TestOutputHelper?.WriteLine(viewer.Tail);
        Assert.True(offsets.Length >= flashes, viewer.Tail);
        Assert.All(offsets, offset => Assert.InRange(offset, -MostOffsetMilliseconds, MostOffsetMilliseconds));
    }

    private static double[] Offsets(ChildProcess viewer) =>
        [.. viewer.Lines.Where(line => line.StartsWith("offset ", StringComparison.Ordinal)).Select(line => double.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture))];

    private static async Task EndAsync(ChildProcess peer)
    {
        peer.Signal(PosixSignal.SIGTERM);
        Assert.True(await peer.ExitAsync(_patience) == 0, peer.Tail);
        Assert.Contains("deleted 200", peer.Lines);
    }
}
