using System.Net;
using System.Text.Json;
using ComfyStream.Server.Options;
using ComfyStream.Server.Tests.Signaling;
using Xunit;
using static ComfyStream.Server.Tests.Signaling.Requests;

namespace ComfyStream.Server.Tests.Protocol;

/// <summary>What WHEP adds to WHIP (rows E1 to E12 of docs/protocol-support.md; what both share is tested on both sides).</summary>
public sealed class WhepRowTests(WhepRowTests.PickyServer server) : IClassFixture<WhepRowTests.PickyServer>
{
    public sealed class PickyServer : RunningServer
    {
        public PickyServer() => Options = Options with
        {
            Channels = new Dictionary<string, ChannelOptions> { ["live-only"] = new(RejectsIdle: true) },
        };
    }

    [Fact]
    public async Task E1_A_viewer_is_answered_with_sending_sections_of_one_stream()
    {
        using HttpResponseMessage published = await server.Post("/whip?channelId=e1");
        using HttpResponseMessage response = await server.Post("/whep?streamId=e1");
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        string[] lines = (await response.Content.ReadAsStringAsync(Cancel)).Split("\r\n");
        Assert.Equal(2, lines.Count(line => line == "a=sendonly"));
        string[] streams = [.. lines.Where(line => line.StartsWith("a=msid:", StringComparison.Ordinal)).Select(line => line[7..].Split(' ')[0])];
        Assert.Equal(2, streams.Length);
        Assert.Single(streams.Distinct());
        Assert.NotEqual("-", streams[0]);
    }

    [Fact]
    public async Task E2_Before_the_publisher_a_viewer_waits_or_is_409_as_the_channel_says()
    {
        using HttpResponseMessage waiting = await server.Post("/whep?streamId=e2");
        Assert.Equal(HttpStatusCode.Created, waiting.StatusCode);

        using HttpResponseMessage refused = await server.Post("/whep?streamId=live-only");
        await Expect(refused, HttpStatusCode.Conflict, "live-only");
        Assert.Matches("^[1-9][0-9]*$", Header(refused, "Retry-After"));

        using HttpResponseMessage published = await server.Post("/whip?channelId=live-only");
        using HttpResponseMessage watched = await server.Post("/whep?streamId=live-only");
        Assert.Equal(HttpStatusCode.Created, watched.StatusCode);
        using HttpResponseMessage ended = await server.Send("DELETE", published.Headers.Location!);
        using HttpResponseMessage late = await server.Post("/whep?streamId=live-only");
        await Expect(late, HttpStatusCode.Conflict);
    }

    [Theory]
    [InlineData("HEAD")]
    [InlineData("GET")]
    public async Task E3_The_endpoint_can_be_told_by_its_media_type(string method)
    {
        using HttpResponseMessage response = await server.Send(method, "/whep?streamId=e3");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/sdp", Header(response, "Content-Type"));
        Assert.Equal("0", Header(response, "Content-Length"));
    }

    [Theory]
    [InlineData("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 speex/16000", 422)]
    [InlineData("a=recvonly", "a=inactive", 422)]
    [InlineData("a=rtcp-mux\r\n", "", 422)]
    [InlineData("a=setup:actpass", "a=setup:holdconn", 422)]
    [InlineData("v=0", "v=1", 400)]
    public async Task E4_E5_E6_E7_406_is_never_used(string part, string instead, int status)
    {
        using HttpResponseMessage response = await server.Post("/whep?streamId=e7", Offers.Watch.Replace(part, instead, StringComparison.Ordinal));
        await Expect(response, (HttpStatusCode)status);
    }

    [Fact]
    public async Task E9_All_codecs_that_both_sides_have_stay_in_the_answer()
    {
        using HttpResponseMessage response = await server.Post("/whep?streamId=e9");
        string answer = await response.Content.ReadAsStringAsync(Cancel);
        foreach (string codec in new[] { "opus/48000/2", "H264/90000", "VP8/90000" })
            Assert.Contains(codec, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task E10_An_empty_POST_is_400()
    {
        using HttpResponseMessage response = await server.Post("/whep?streamId=e10", "");
        await Expect(response, HttpStatusCode.BadRequest, "Empty SDP offer");
    }

    [Fact]
    public async Task E12_The_stream_is_chosen_by_streamId_and_the_statistics_are_keyed_by_the_resource_id()
    {
        using HttpResponseMessage created = await server.Post("/whep?streamId=e12");
        string id = created.Headers.Location!.Segments[^1];
        using JsonDocument before = JsonDocument.Parse(await server.Http.GetStringAsync("/whep-stats", Cancel));
        JsonElement session = before.RootElement.GetProperty(id);
        Assert.Equal("e12", session.GetProperty("stream").GetString());
        foreach (string field in new[] { "created_at", "connection_state", "has_video", "has_audio" })
            Assert.True(session.TryGetProperty(field, out _), field);

        Assert.Equal(HttpStatusCode.OK, (await server.Send("DELETE", created.Headers.Location!)).StatusCode);
        using JsonDocument after = JsonDocument.Parse(await server.Http.GetStringAsync("/whep-stats", Cancel));
        Assert.False(after.RootElement.TryGetProperty(id, out _));
    }
}
