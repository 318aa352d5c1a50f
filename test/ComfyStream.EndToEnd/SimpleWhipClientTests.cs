using System.Runtime.InteropServices;
using System.Text.Json;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd;

/// <summary>
/// Meetecho's simple-whip-client, which trickles all its candidates. Debian's does not start as it is: it is linked against libsoup 2,
/// and libnice's UPnP library brings libsoup 3. It gets an empty one instead, which it does not use.
/// </summary>
public sealed class SimpleWhipClientTests(SimpleWhipClientTests.StrictRelay relay) : RelayTests(relay), IClassFixture<SimpleWhipClientTests.StrictRelay>
{
    private const string Picture =
        "videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=15/1 ! vp8enc deadline=1 ! rtpvp8pay pt=96 ssrc=2 ! queue"
        + " ! application/x-rtp,media=video,encoding-name=VP8,payload=96";

    private const string Sound =
        "audiotestsrc is-live=true ! audioconvert ! audioresample ! opusenc ! rtpopuspay pt=100 ssrc=1 ! queue"
        + " ! application/x-rtp,media=audio,encoding-name=OPUS,payload=100";

    private const string EmptyUpnpLibrary =
        """
        void gupnp_simple_igd_add_port(void) {}
        void gupnp_simple_igd_remove_port_local(void) {}
        long gupnp_simple_igd_get_type(void) { return 0; }
        void *gupnp_simple_igd_thread_new(void) { return 0; }
        """;

    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(40);

    [Fact]
    public async Task W40_It_trickles_under_strict_signaling_publishes_sound_and_picture_and_ends_its_session()
    {
        DirectoryInfo libraries = Directory.CreateTempSubdirectory("comfystream-upnp-");
        try
        {
            await MakeUpnpLibraryAsync(libraries.FullName);
            await using ChildProcess client = ChildProcess.Start(
                "env", $"LD_LIBRARY_PATH={libraries.FullName}", "whip-client", "-o", "-l", "7", "-u", Relay.Whip("simple").ToString(), "-V", Picture, "-A", Sound);

            await client.LineWithAsync("PeerConnection connected", _patience);
            await Eventually.PassesAsync(ReadSessionAsync, received => received is { HasVideo: true, HasAudio: true, Frames: > 60 }, "sound and picture come");
            Assert.Contains(client.Lines, line => line.Contains("Sending candidates", StringComparison.Ordinal));
            Assert.DoesNotContain(client.Lines, line => line.Contains("[ERR]", StringComparison.Ordinal));

            client.Signal(PosixSignal.SIGINT);
            await client.ExitAsync(_patience);
            Assert.Contains(Relay.Lines, line => line.Contains("WHIP: Terminated session", StringComparison.Ordinal));
        }
        finally
        {
            libraries.Delete(recursive: true);
        }
    }

    private async Task<Received> ReadSessionAsync()
    {
        using JsonDocument statistics = JsonDocument.Parse(await Relay.Http.GetStringAsync(new Uri(Relay.Address, "/whip-stats")));
        JsonElement session = Assert.Single(statistics.RootElement.EnumerateObject()).Value;
        return new Received(
            session.GetProperty("has_video").GetBoolean(), session.GetProperty("has_audio").GetBoolean(), session.GetProperty("frames_received").GetInt64());
    }

    private static async Task MakeUpnpLibraryAsync(string folder)
    {
        const string Name = "libgupnp-igd-1.0.so.4";
        string source = Path.Combine(folder, "upnp.c");
        await File.WriteAllTextAsync(source, EmptyUpnpLibrary);
        await using ChildProcess compiler = ChildProcess.Start("gcc", "-shared", "-fPIC", $"-Wl,-soname,{Name}", "-o", Path.Combine(folder, Name), source);
        Assert.True(await compiler.ExitAsync(_patience) == 0, compiler.Tail);
    }

    private sealed record Received(bool HasVideo, bool HasAudio, long Frames);

    /// <summary>Takes no candidate without <c>If-Match</c>.</summary>
    public sealed class StrictRelay() : RelayProcess(["--signaling-strict"]);
}
