using System.Text.Json;
using ComfyStream.Server.Stats;
using Xunit;

namespace ComfyStream.Server.Tests.Stats;

public sealed class StatusTests(RunningServer server) : IClassFixture<RunningServer>
{
    [Theory]
    [InlineData(0, 0, false, "No active WHIP sessions - start publishing first")]
    [InlineData(1, 0, false, "WHIP sessions active but no connected pipelines yet")]
    [InlineData(2, 2, false, "Processing warming up - 2 pipeline(s) starting")]
    [InlineData(2, 1, true, "Processing ready - 1 active pipeline(s) with frames available")]
    public void The_message_says_what_is_missing(int publishers, int active, bool hasFrames, string expected) =>
        Assert.Equal(expected, ProcessingStatus.MessageFor(publishers, active, hasFrames));

    [Theory]
    [InlineData(0, 0, "", false)]
    [InlineData(0, 30, "", true)]
    [InlineData(0, 30, "model missing", false)]
    [InlineData(30, 30, "one frame failed", true)]
    public void Frames_that_arrived_are_available_before_anybody_watches(long processed, long received, string error, bool expected) =>
        Assert.Equal(expected, ProcessingStatus.HasFrames(processed, received, error));

    [Fact]
    public async Task An_idle_server_says_that_nobody_publishes()
    {
        JsonElement status = await Get("/processing/status");
        Assert.False(status.GetProperty("processing_ready").GetBoolean());
        Assert.Equal(0, status.GetProperty("whip_sessions").GetInt32());
        Assert.Equal(0, status.GetProperty("whep_sessions").GetInt32());
        Assert.Equal(0, status.GetProperty("active_pipelines").GetInt32());
        Assert.False(status.GetProperty("frames_available").GetBoolean());
        Assert.Equal("No active WHIP sessions - start publishing first", status.GetProperty("message").GetString());
        Assert.Empty(status.GetProperty("details").GetProperty("whip_sessions").EnumerateObject());
        Assert.Empty(status.GetProperty("details").GetProperty("whep_sessions").EnumerateObject());
    }

    [Fact]
    public async Task The_status_tells_which_candidates_answer()
    {
        JsonElement[] candidates = [];
        while (candidates.Length == 0)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
            candidates = [.. (await Get("/processing/status")).GetProperty("candidates").EnumerateArray()];
        }

        Assert.All(candidates, candidate => Assert.Equal("answers", candidate.GetProperty("state").GetString()));
        Assert.Contains(candidates, candidate => candidate.GetProperty("protocol").GetString() == "udp" && candidate.GetProperty("address").GetString()!.StartsWith("127.0.0.1:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/whip-stats")]
    [InlineData("/whep-stats")]
    public async Task Statistics_without_sessions_are_an_empty_object(string path) => Assert.Empty((await Get(path)).EnumerateObject());

    [Fact]
    public async Task Health_is_ok_and_says_what_runs()
    {
        JsonElement health = await Get("/health");
        Assert.Equal("ok", health.GetProperty("status").GetString());
        Assert.Equal("passthrough", health.GetProperty("default_workflow").GetString());
        Assert.Equal(JsonValueKind.Null, health.GetProperty("demo_channel").ValueKind);
        Assert.False(health.GetProperty("allow_raw").GetBoolean());
    }

    [Fact]
    public async Task The_workflows_that_ship_are_listed_with_a_description()
    {
        var workflows = (await Get("/workflows")).GetProperty("workflows").EnumerateArray().ToDictionary(
            workflow => workflow.GetProperty("name").GetString()!,
            workflow => workflow.GetProperty("description").GetString()!);
        foreach (string name in new[] { "background-blur", "invert", "passthrough" })
            Assert.NotEmpty(Assert.Contains(name, workflows));
    }

    private async Task<JsonElement> Get(string path)
    {
        using HttpResponseMessage response = await server.Http.GetAsync(path, TestContext.Current.CancellationToken);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement;
    }
}
