using System.Runtime.InteropServices;
using System.Text.Json;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd;

/// <summary>WebRTC stacks other than the browsers': aiortc, the brief's reference client, and GStreamer's webrtcbin.</summary>
public sealed class OtherStacksTests(RelayProcess relay) : RelayTests(relay), IClassFixture<RelayProcess>
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task Aiortc_publishes_and_an_aiortc_viewer_sees_inverted_colours_and_hears_both_tones()
    {
        await using ChildProcess publisher = await PublishAsync("python");
        JsonElement seen = await PeerProcess.RunAsync("aiortc_peer.py", "view", Relay.Whep("python"));

        ExpectInverted(seen.GetProperty("video"));
        JsonElement audio = seen.GetProperty("audio");
        Assert.Equal(48000, audio.GetProperty("rate").GetInt32());
        double[] tones = Numbers(audio.GetProperty("tones"));
        Assert.InRange(tones[0], 430, 450);
        Assert.InRange(tones[1], 870, 890);
        Assert.Equal([200, 404], Numbers(seen.GetProperty("deleted")));
        await EndAsync(publisher);
    }

    [Fact]
    public async Task A_GStreamer_viewer_decodes_the_processed_picture_and_the_sound()
    {
        await using ChildProcess publisher = await PublishAsync("gstreamer");
        JsonElement seen = await PeerProcess.RunAsync("gstreamer_viewer.py", Relay.Whep("gstreamer"));

        ExpectInverted(seen.GetProperty("video"));
        Assert.Equal(48000, seen.GetProperty("audio").GetProperty("rate").GetInt32());
        Assert.Equal(200, seen.GetProperty("deleted").GetInt32());
        await EndAsync(publisher);
    }

    private async Task<ChildProcess> PublishAsync(string channel)
    {
        ChildProcess publisher = PeerProcess.Start("aiortc_peer.py", "publish", Relay.Whip(channel, "invert"));
        await publisher.LineWithAsync("publishing", _patience);
        return publisher;
    }

    private static async Task EndAsync(ChildProcess publisher)
    {
        publisher.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await publisher.ExitAsync(_patience));
        Assert.Contains("deleted 200", publisher.Lines);
    }

    private static void ExpectInverted(JsonElement video)
    {
        Assert.Equal((Quadrants.Width, Quadrants.Height), (video.GetProperty("width").GetInt32(), video.GetProperty("height").GetInt32()));
        double[][] colours = [.. video.GetProperty("colours").EnumerateArray().Select(Numbers)];
        Assert.True(Quadrants.Match(Quadrants.Inverted, colours), $"The colours are not inverted: {video}");
    }

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetDouble())];
}
