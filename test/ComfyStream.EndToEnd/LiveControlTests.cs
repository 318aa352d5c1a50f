using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using ComfyStream.EndToEnd.Control;
using ComfyStream.EndToEnd.Films;
using ComfyStream.EndToEnd.Processes;
using ComfyStream.WebRtc;

namespace ComfyStream.EndToEnd;

/// <summary>Workflows and their values that change over HTTP while viewers watch: judged by every picture that they get.</summary>
public sealed class LiveControlTests(RelayProcess relay) : RelayTests(relay), IClassFixture<RelayProcess>
{
    private const int Viewers = 3;

    private const string Blur =
        """
        {
          "1": { "class_type": "LoadTensor", "inputs": {} },
          "2": { "class_type": "GaussianBlur", "inputs": { "image": ["1", 0], "kernel_size": 5, "sigma": 0.5 } },
          "3": { "class_type": "SaveTensor", "inputs": { "images": ["2", 0] } }
        }
        """;

    private static readonly Lazy<Film> _film = new(() => Film.Shoot(new Scene("green")));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Swaps_and_1000_changes_of_values_cost_no_viewer_and_no_picture()
    {
        const int Changes = 1000;
        await using FilmPublisher publisher = await FilmPublisher.StartAsync(Relay.Whip("swap", "invert"), _film.Value, heedsRequests: false);
        await using var audience = await Audience.WatchAsync(Relay.Whep("swap"));
        long replaced = await ReplacedAsync("swap");
        int[] from = [.. audience.Viewers.Select(viewer => viewer.PictureCount)];

        await PutAsync("swap", Blur, HttpStatusCode.OK);
        await audience.FurtherAsync(15);
        for (int i = 0; i < Changes; i++)
        {
            string sigma = (0.3 + i % 10 * 0.05).ToString(CultureInfo.InvariantCulture);
            using HttpResponseMessage changed = await SendAsync(HttpMethod.Patch, "swap", "parameters", $$"""{ "2": { "sigma": {{sigma}} } }""");
            Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        }

        await audience.FurtherAsync(15);
        await PutAsync("swap", "invert", HttpStatusCode.OK);
        await audience.FurtherAsync(15);
        replaced = await ReplacedAsync("swap") - replaced;

        foreach ((NumberedViewer viewer, int first) in audience.Viewers.Zip(from))
        {
            Assert.Equal([true, false, true], viewer.Story);
            Assert.Equal(PeerConnectionState.Connected, viewer.State);

            // What a busy machine had no time to process is counted, and nothing else is missing.
            Assert.InRange(viewer.MissingCount(first - 1), 0, replaced);
        }

        await audience.ExpectConnectedAsync(Relay);
        TestContext.Current.TestOutputHelper?.WriteLine($"pictures {audience.Viewers[0].PictureCount}, missing {audience.Viewers[0].MissingCount(from[0] - 1)}, replaced by newer ones {replaced}");
    }

    [Fact]
    public async Task A_forwarded_stream_is_processed_from_one_picture_to_the_next_and_forwarded_again()
    {
        await using FilmPublisher publisher = await FilmPublisher.StartAsync(Relay.Whip("forward", "passthrough"), _film.Value, heedsRequests: false);
        await using var audience = await Audience.WatchAsync(Relay.Whep("forward"));
        int[] from = [.. audience.Viewers.Select(viewer => viewer.PictureCount)];
        await PutAsync("forward", "invert", HttpStatusCode.OK);
        await audience.FurtherAsync(30);
        JsonElement status = await Relay.GetAsync("/streams/forward/pipelines/main");
        Assert.Equal(("invert", "STREAMING"), (status.GetProperty("workflow").GetString(), status.GetProperty("state").GetString()));
        Assert.Contains(status.GetProperty("nodes").EnumerateArray(), node => node.GetProperty("class_type").GetString() == "ImageInvert" && node.GetProperty("runs").GetInt64() > 10);
        await PutAsync("forward", "passthrough", HttpStatusCode.OK);
        await audience.FurtherAsync(30);
        long replaced = await ReplacedAsync("forward");

        // Where the forwarded stream begins, what is still in the pipeline is not shown any more.
        const int AtTheCut = 3;
        foreach ((NumberedViewer viewer, int first) in audience.Viewers.Zip(from))
        {
            Assert.Equal([false, true, false], viewer.Story);
            Assert.InRange(viewer.MissingCount(first - 1), 0, replaced + AtTheCut);
        }

        await audience.ExpectConnectedAsync(Relay);
    }

    [Fact]
    public async Task Bad_workflows_get_a_clear_answer_and_the_stream_goes_on()
    {
        await using FilmPublisher publisher = await FilmPublisher.StartAsync(Relay.Whip("bad", Blur), _film.Value, heedsRequests: false);
        await using var audience = await Audience.WatchAsync(Relay.Whep("bad"));
        int[] from = [.. audience.Viewers.Select(viewer => viewer.PictureCount)];
        (string Body, HttpStatusCode Status, string Text)[] wrong =
        [
            ("{", HttpStatusCode.BadRequest, "not JSON"),
            (new string('[', 200_000), HttpStatusCode.BadRequest, "deeper than"),
            (Graph("\"2\":{\"class_type\":\"GausianBlur\",\"inputs\":{\"image\":[\"1\",0]}}"), HttpStatusCode.UnprocessableEntity, "did you mean GaussianBlur"),
            (Graph("\"2\":{\"class_type\":\"GaussianBlur\",\"inputs\":{}}"), HttpStatusCode.UnprocessableEntity, "input images: is missing"),
            (Graph("\"2\":{\"class_type\":\"GaussianBlur\",\"inputs\":{\"image\":[\"1\",3]}}"), HttpStatusCode.UnprocessableEntity, "links to output 3 of node 1 (LoadTensor), which has outputs 0 to 0 only"),
            (Graph("\"2\":{\"class_type\":\"GaussianBlur\",\"inputs\":{\"image\":[\"2\",0]}}"), HttpStatusCode.UnprocessableEntity, "a circle of links"),
            (Graph("\"2\":{\"class_type\":\"GaussianBlur\",\"inputs\":{\"image\":[\"1\",0],\"sigma\":1e9}}"), HttpStatusCode.UnprocessableEntity, "input sigma"),
            (Graph("\"2\":{\"class_type\":\"DetectFaces\",\"inputs\":{\"image\":[\"1\",0]}}"), HttpStatusCode.UnprocessableEntity, "is BOXES; link it to an output of type IMAGE"),
            (Graph("\"2\":{\"class_type\":\"OnnxImageToImage\",\"inputs\":{\"image\":[\"1\",0],\"model\":\"no-such-model\"}}"), HttpStatusCode.UnprocessableEntity, "no-such-model"),
            (Graph(string.Join(',', Enumerable.Range(2, 1000).Select(i => $"\"{i}\":{{\"class_type\":\"ImageInvert\",\"inputs\":{{\"image\":[\"1\",0]}}}}"))), HttpStatusCode.UnprocessableEntity, "more than 1000 nodes"),
        ];
        foreach ((string body, HttpStatusCode status, string text) in wrong)
        {
            using HttpResponseMessage response = await SendAsync(HttpMethod.Put, "bad", "workflow", body);
            string answer = await response.Content.ReadAsStringAsync(Cancel);
            Assert.True(status == response.StatusCode, $"{text}: {response.StatusCode} {answer}");
            Assert.Contains(text, JsonDocument.Parse(answer).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }

        using HttpResponseMessage large = await SendAsync(HttpMethod.Put, "bad", "workflow", "{\"1\":\"" + new string('x', 50 << 20) + "\"}");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        using HttpResponseMessage outOfRange = await SendAsync(HttpMethod.Patch, "bad", "parameters", """{ "2": { "sigma": 1000 } }""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, outOfRange.StatusCode);

        await audience.FurtherAsync(30);
        Assert.Equal("custom", (await Relay.StreamAsync("bad")).GetProperty("workflow").GetString());
        long replaced = await ReplacedAsync("bad");
        foreach ((NumberedViewer viewer, int first) in audience.Viewers.Zip(from))
        {
            Assert.Equal([false], viewer.Story);
            Assert.InRange(viewer.MissingCount(first - 1), 0, replaced);
        }

        await audience.ExpectConnectedAsync(Relay);
    }

    private static string Graph(string node) =>
        "{\"1\":{\"class_type\":\"LoadTensor\",\"inputs\":{}}," + node + ",\"9999\":{\"class_type\":\"SaveTensor\",\"inputs\":{\"images\":[\"2\",0]}}}";

    private async Task<long> ReplacedAsync(string channel) => (await Relay.StreamAsync(channel)).GetProperty("replaced_frames").GetInt64();

    private async Task PutAsync(string channel, string workflow, HttpStatusCode expected)
    {
        using HttpResponseMessage response = await SendAsync(HttpMethod.Put, channel, "workflow", workflow);
        Assert.True(expected == response.StatusCode, $"{response.StatusCode}: {await response.Content.ReadAsStringAsync(Cancel)}");
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string channel, string what, string body)
    {
        using var request = new HttpRequestMessage(method, $"/streams/{channel}/pipelines/main/{what}") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.ExpectContinue = body.Length > 1 << 20;
        return await Relay.Http.SendAsync(request, Cancel);
    }

    private sealed class Audience(NumberedViewer[] viewers) : IAsyncDisposable
    {
        public IReadOnlyList<NumberedViewer> Viewers => viewers;

        // Who joins is given the pictures since the last key frame at once: they are not looked at.
        public static async Task<Audience> WatchAsync(string whepUrl)
        {
            var audience = new Audience([.. await Task.WhenAll(Enumerable.Range(0, LiveControlTests.Viewers).Select(_ => NumberedViewer.WatchAsync(whepUrl)))]);
            await audience.FurtherAsync(70);
            return audience;
        }

        public Task FurtherAsync(int pictures) => Task.WhenAll(viewers.Select(viewer => viewer.FurtherAsync(pictures)));

        public async Task ExpectConnectedAsync(RelayProcess relay)
        {
            JsonElement sessions = await relay.GetAsync("/whep-stats");
            Assert.All(viewers, viewer => Assert.Equal("connected", sessions.GetProperty(viewer.Id).GetProperty("connection_state").GetString()));
        }

        public async ValueTask DisposeAsync()
        {
            foreach (NumberedViewer viewer in viewers)
                await viewer.DisposeAsync();
        }
    }
}
