using System.Text.Json;
using ComfyStream.EndToEnd.Browser;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd;

/// <summary>What statistics, status and log say of living sessions, and that nothing is left of them afterwards.</summary>
public sealed class StatisticsTests(RelayProcess relay, Chromium chromium) : RelayTests(relay), IClassFixture<RelayProcess>
{
    [Fact]
    public async Task A_session_from_its_first_line_to_its_last()
    {
        await using BrowserSession browser = await chromium.OpenAsync();
        LabPage publisher = await browser.PublishAsync(Relay.Whip("told", "invert"), "quadrants", withSound: true);
        await Eventually.PassesAsync(publisher.ConnectionStateAsync, state => state == "connected", "the publisher is connected");
        LabPage viewer = await browser.WatchAsync(Relay.Whep("told"));
        await viewer.FramesAsync(30);

        string published = new Uri(await publisher.SessionAsync()).Segments[^1];
        string watched = new Uri(await viewer.SessionAsync()).Segments[^1];
        await ExpectConnected("/whip-stats", published);
        await ExpectConnected("/whep-stats", watched);
        JsonElement status = await Relay.GetAsync("/processing/status");
        Assert.True(status.GetProperty("processing_ready").GetBoolean());
        Assert.True(status.GetProperty("frames_available").GetBoolean());
        Assert.Equal(1, status.GetProperty("whip_sessions").GetInt32());
        Assert.Equal(1, status.GetProperty("whep_sessions").GetInt32());
        Assert.Equal(1, status.GetProperty("active_pipelines").GetInt32());
        Assert.Equal("Processing ready - 1 active pipeline(s) with frames available", status.GetProperty("message").GetString());
        JsonElement stream = await Relay.StreamAsync("told");
        Assert.Equal("invert", stream.GetProperty("workflow").GetString());
        Assert.Equal((Quadrants.Width, Quadrants.Height), (stream.GetProperty("width").GetInt32(), stream.GetProperty("height").GetInt32()));
        Assert.Equal(0, stream.GetProperty("failed_frames").GetInt64());

        int[] viewerEnd = await viewer.EndAsync();
        int[] publisherEnd = await publisher.EndAsync();
        Assert.Equal([200, 404], viewerEnd);
        Assert.Equal([200, 404], publisherEnd);
        await Relay.NoSessionsAsync();
        status = await Relay.GetAsync("/processing/status");
        Assert.Equal("No active WHIP sessions - start publishing first", status.GetProperty("message").GetString());

        await ExpectLog(
            $"INFO: WHIP: Created session {published} for channel told",
            "INFO: WHIP: Connection state is: connected",
            $"INFO: WHEP: Created subscription session {watched} for stream told",
            $"INFO: WHEP: Added subscriber {watched}, total: 1",
            "INFO: WHEP: Connection state is: connected",
            $"INFO: WHEP: Terminated subscription session {watched}",
            $"INFO: WHIP: Terminated session {published}");
        Assert.Contains("INFO: WHIP: Track received: video", Relay.Lines);
        Assert.Contains("INFO: WHIP: Track received: audio", Relay.Lines);
        await ExpectLog($"INFO: WHEP: Removed subscriber {watched}, total: 0", $"INFO: WHEP: Cleaned up resource {watched}");
        Assert.Single(Relay.Lines, line => line.Contains($"Terminated session {published}", StringComparison.Ordinal));
        Assert.Single(Relay.Lines, line => line.Contains($"Created session {published}", StringComparison.Ordinal));
    }

    private async Task ExpectConnected(string path, string id)
    {
        JsonElement session = (await Relay.GetAsync(path)).GetProperty(id);
        Assert.Equal("connected", session.GetProperty("connection_state").GetString());
        Assert.True(session.GetProperty("has_video").GetBoolean());
        Assert.True(session.GetProperty("has_audio").GetBoolean());
        double now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() / 1000.0;
        Assert.InRange(session.GetProperty("created_at").GetDouble(), now - 300, now + 1);
        Assert.Contains('.', session.GetProperty("created_at").GetRawText());
    }

    /// <summary>These lines stand in the log, whole and in this order.</summary>
    private async Task ExpectLog(params string[] expected)
    {
        await Eventually.PassesAsync(
            () => Task.FromResult(Relay.Lines),
            lines => expected.Aggregate(0, (from, line) => from < 0 ? from : lines.ToList().IndexOf(line, from) is var at and >= 0 ? at + 1 : -1) > 0,
            $"the log holds in this order:\n{string.Join('\n', expected)}\n");
    }
}
