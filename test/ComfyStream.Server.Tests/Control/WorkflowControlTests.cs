using System.Net;
using System.Text;
using System.Text.Json;
using ComfyStream.Server.Access;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Options;
using ComfyStream.Server.Signaling;
using Microsoft.AspNetCore.Routing;
using Xunit;

namespace ComfyStream.Server.Tests.Control;

/// <summary>Workflows and their values over HTTP, before anybody publishes.</summary>
public sealed class WorkflowControlTests(RunningServer server) : IClassFixture<RunningServer>
{
    private const string Pixelate =
        """
        {
          "1": { "class_type": "LoadTensor", "inputs": {} },
          "2": { "class_type": "DetectFaces", "inputs": { "image": ["1", 0], "threshold": 0.5 } },
          "3": { "class_type": "BlurBoxes", "inputs": { "image": ["1", 0], "boxes": ["2", 0], "effect": "pixelate" } },
          "4": { "class_type": "SaveTensor", "inputs": { "images": ["3", 0] }, "_meta": { "description": "Pixelates faces." } }
        }
        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("invert", "invert")]
    [InlineData("\"invert\"", "invert")]
    [InlineData(Pixelate, "custom")]
    [InlineData("[" + Pixelate + "]", "custom")]
    public async Task A_workflow_is_set_by_name_graph_or_list_before_anybody_publishes(string body, string name)
    {
        string channel = $"c{Guid.NewGuid():N}";
        using HttpResponseMessage put = await SendAsync("PUT", $"{channel}/pipelines/main/workflow", body);
        Assert.Equal(HttpStatusCode.OK, put.StatusCode);
        JsonElement status = await ReadAsync(await GetAsync($"{channel}/pipelines/main"));
        Assert.Equal((name, "UNINITIALIZED", "main"), (status.GetProperty("workflow").GetString(), status.GetProperty("state").GetString(), status.GetProperty("pipeline").GetString()));
        JsonElement graph = await ReadAsync(await GetAsync($"{channel}/pipelines/main/workflow"));
        Assert.Contains(graph.EnumerateObject(), node => node.Value.GetProperty("class_type").GetString() == "SaveTensor");
    }

    [Fact]
    public async Task What_is_read_can_be_set_again()
    {
        await SetAsync("again", Pixelate);
        string graph = await (await GetAsync("again/pipelines/main/workflow")).Content.ReadAsStringAsync(Cancel);
        await SetAsync("again2", graph);
        Assert.Equal(graph, await (await GetAsync("again2/pipelines/main/workflow")).Content.ReadAsStringAsync(Cancel));
        Assert.Contains("Pixelates faces.", graph, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "nobody/pipelines/main", 404, "PUT one")]
    [InlineData("GET", "nobody/pipelines/main/workflow", 404, "PUT one")]
    [InlineData("GET", "nobody/pipelines/main/parameters", 404, "PUT one")]
    [InlineData("PATCH", "nobody/pipelines/main/parameters", 404, "PUT one")]
    [InlineData("PUT", "default/pipelines/depth/workflow", 404, "pipeline 'main'")]
    [InlineData("GET", "default/pipelines/depth", 404, "pipeline 'main'")]
    [InlineData("PUT", "no%20name/pipelines/main/workflow", 400, "Invalid channel")]
    [InlineData("DELETE", "default/pipelines/main/workflow", 405, "Allowed here: GET, HEAD, PUT, OPTIONS")]
    public async Task What_is_not_there_is_told(string method, string path, int status, string text)
    {
        using HttpResponseMessage response = await SendAsync(method, path, "invert");
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Contains(text, await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 400, "The body is empty")]
    [InlineData("{", 400, "not JSON")]
    [InlineData("\"no name\"", 400, "API format")]
    [InlineData("{\"1\":{\"class_type\":\"\\ud800\"}}", 400, "not valid Unicode")]
    [InlineData("no-such-workflow", 422, "there is no workflow named no-such-workflow; there are ")]
    [InlineData("{\"nodes\":[]}", 422, "UI format")]
    [InlineData("{}", 422, "missing output")]
    [InlineData("[]", 422, "a list holds 1 to 16 workflows")]
    public async Task A_body_that_is_no_workflow_changes_nothing(string body, int status, string text)
    {
        await SetAsync("steady", "invert");
        using HttpResponseMessage response = await SendAsync("PUT", "steady/pipelines/main/workflow", body);
        string answer = await response.Content.ReadAsStringAsync(Cancel);
        Assert.Equal((status, "application/problem+json"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.Contains(text, answer, StringComparison.Ordinal);
        Assert.Equal("invert", (await ReadAsync(await GetAsync("steady/pipelines/main"))).GetProperty("workflow").GetString());
    }

    [Fact]
    public async Task All_problems_of_a_graph_are_told_with_node_class_and_input()
    {
        const string Graph =
            """
            {
              "1": { "class_type": "LoadTensor", "inputs": {} },
              "2": { "class_type": "DetectFace", "inputs": { "image": ["1", 0] } },
              "3": { "class_type": "GaussianBlur", "inputs": { "image": ["1", 7], "sigma": 1000 } },
              "4": { "class_type": "ImageInvert", "inputs": {} },
              "5": { "class_type": "SaveTensor", "inputs": { "images": ["9", 0] } }
            }
            """;
        using HttpResponseMessage response = await SendAsync("PUT", "c/pipelines/main/workflow", Graph);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        JsonElement[] problems = [.. (await ReadAsync(response)).GetProperty("problems").EnumerateArray()];
        string[] told = [.. problems.Select(problem => $"{Text(problem, "node_id")} {Text(problem, "class_type")} {Text(problem, "input")}: {Text(problem, "message")}")];
        Assert.Contains(told, line => line.StartsWith("2 DetectFace : there is no such node class here; did you mean DetectFaces", StringComparison.Ordinal));
        Assert.Contains(told, line => line.StartsWith("3 GaussianBlur image: links to output 7 of node 1", StringComparison.Ordinal));
        Assert.Contains(told, line => line.StartsWith("3 GaussianBlur sigma: 1000 does not fit; give a number from ", StringComparison.Ordinal));
        Assert.Contains(told, line => line.StartsWith("4 ImageInvert image: is missing", StringComparison.Ordinal));
        Assert.Contains(told, line => line.StartsWith("5 SaveTensor images: links to node 9, which does not exist", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_circle_of_links_is_422()
    {
        using HttpResponseMessage response = await SendAsync("PUT", "c/pipelines/main/workflow",
            """{"0":{"class_type":"LoadTensor"},"1":{"class_type":"ImageInvert","inputs":{"image":["2",0]}},"2":{"class_type":"ImageInvert","inputs":{"image":["1",0]}},"3":{"class_type":"SaveTensor","inputs":{"images":["1",0]}}}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("a circle of links runs through nodes 1", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Graphs_that_are_too_large_or_too_deep_are_refused()
    {
        string deep = string.Concat(Enumerable.Repeat("[", 100_000));
        using HttpResponseMessage tooDeep = await SendAsync("PUT", "c/pipelines/main/workflow", deep);
        Assert.Equal(HttpStatusCode.BadRequest, tooDeep.StatusCode);
        using HttpResponseMessage tooLarge = await SendAsync("PUT", "c/pipelines/main/workflow", "{" + new string(' ', 300 * 1024) + "}");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, tooLarge.StatusCode);
        Assert.Contains("The body is larger than 256 KiB. Send a smaller one.", await tooLarge.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        string many = "{" + string.Join(',', Enumerable.Range(0, 1001).Select(i => $"\"{i}\":{{\"class_type\":\"LoadTensor\"}}")) + "}";
        using HttpResponseMessage tooMany = await SendAsync("PUT", "c/pipelines/main/workflow", many);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, tooMany.StatusCode);
        Assert.Contains("more than 1000 nodes", await tooMany.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Parameters_are_described_with_range_step_choices_and_the_value_in_force()
    {
        await SetAsync("panel", Pixelate);
        JsonElement nodes = (await ReadAsync(await GetAsync("panel/pipelines/main/parameters"))).GetProperty("nodes");
        JsonElement threshold = nodes.GetProperty("2").GetProperty("inputs").GetProperty("threshold");
        Assert.Equal(("FLOAT", 0.5, 0.05, 0.99), (Text(threshold, "type"), threshold.GetProperty("value").GetDouble(), threshold.GetProperty("min").GetDouble(), threshold.GetProperty("max").GetDouble()));
        Assert.True(threshold.TryGetProperty("step", out _) && threshold.TryGetProperty("default", out _));
        JsonElement effect = nodes.GetProperty("3").GetProperty("inputs").GetProperty("effect");
        Assert.Equal(("COMBO", "pixelate"), (Text(effect, "type"), Text(effect, "value")));
        Assert.Contains("pixelate", effect.GetProperty("choices").EnumerateArray().Select(choice => choice.GetString()));
        Assert.False(nodes.GetProperty("3").GetProperty("inputs").TryGetProperty("image", out _), "A link is no parameter.");
    }

    [Fact]
    public async Task Values_change_together_or_not_at_all()
    {
        await SetAsync("atomic", Pixelate);
        using HttpResponseMessage changed = await PatchAsync("atomic", """{ "2": { "threshold": 0.7 }, "3": { "effect": "blur" } }""");
        JsonElement values = await ReadAsync(changed);
        Assert.Equal((HttpStatusCode.OK, 0.7, "blur"), (changed.StatusCode, values.GetProperty("2").GetProperty("threshold").GetDouble(), Text(values.GetProperty("3"), "effect")));

        using HttpResponseMessage refused = await PatchAsync("atomic", """{ "2": { "threshold": 60 }, "3": { "effect": "pixelate", "colour": 1 }, "9": { "x": 1 } }""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        string[] problems = [.. (await ReadAsync(refused)).GetProperty("problems").EnumerateArray().Select(problem => $"{Text(problem, "node_id")} {Text(problem, "input")}")];
        Assert.Contains("3 colour", problems);
        Assert.Contains("9 ", problems);
        using HttpResponseMessage outOfRange = await PatchAsync("atomic", """{ "2": { "threshold": 60 }, "3": { "effect": "pixelate" } }""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, outOfRange.StatusCode);
        Assert.Contains("60 does not fit; give a number from 0.05 to 0.99", await outOfRange.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        using HttpResponseMessage unchanged = await PatchAsync("atomic", "{}");
        values = await ReadAsync(unchanged);
        Assert.Equal((0.7, "blur"), (values.GetProperty("2").GetProperty("threshold").GetDouble(), Text(values.GetProperty("3"), "effect")));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{\"2\":7}")]
    [InlineData("nonsense")]
    public async Task Changes_of_another_shape_are_400(string body)
    {
        await SetAsync("shape", Pixelate);
        using HttpResponseMessage response = await PatchAsync("shape", body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("node id", await response.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example.org")]
    [InlineData("Host", "rebound.example.org")]
    [InlineData("X-Forwarded-For", "203.0.113.9")]
    public async Task Pages_of_other_origins_and_other_machines_are_kept_out(string header, string value)
    {
        foreach (string path in new[] { "/streams/default/pipelines/main/workflow", "/prompt" })
        {
            using var request = new HttpRequestMessage(path == "/prompt" ? HttpMethod.Post : HttpMethod.Put, path) { Content = new StringContent(Pixelate) };
            request.Headers.TryAddWithoutValidation(header, value);
            using HttpResponseMessage response = await server.Http.SendAsync(request, Cancel);
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
        }
    }

    [Fact]
    public async Task It_takes_the_right_control_on_that_channel()
    {
        using var folder = new TemporaryFolder();
        var auth = new AuthOptions
        {
            Tokens =
            [
                new TokenEntry("viewer", TokenDigest.Of("v"), AccessRights.View, ChannelPatterns.All),
                new TokenEntry("desk", TokenDigest.Of("d"), AccessRights.Control, new ChannelPatterns(["stage*"])),
            ],
        };
        await using RelayServer guarded = await RelayServer.StartAsync(
            new ServeOptions { Port = 0, MediaPort = 0, Advertise = [IPAddress.Loopback], Workspace = folder.Path, Auth = auth }, null, Cancel);
        foreach ((string? token, string channel, HttpStatusCode status) in new[]
        {
            (null, "stage1", HttpStatusCode.Unauthorized), ("v", "stage1", HttpStatusCode.Forbidden),
            ("d", "other", HttpStatusCode.Forbidden), ("d", "stage1", HttpStatusCode.OK),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(guarded.BaseAddress, $"/streams/{channel}/pipelines/main/workflow")) { Content = new StringContent("invert") };
            request.Headers.Authorization = token is null ? null : new("Bearer", token);
            using HttpResponseMessage response = await server.Http.SendAsync(request, Cancel);
            Assert.Equal(status, response.StatusCode);
        }
    }

    [Fact]
    public async Task ComfyStreams_prompt_sets_the_default_channel()
    {
        using HttpResponseMessage response = await server.Http.PostAsync("/prompt", new StringContent(Pixelate, Encoding.UTF8, "application/json"), Cancel);
        Assert.Equal((HttpStatusCode.OK, "OK"), (response.StatusCode, await response.Content.ReadAsStringAsync(Cancel)));
        Assert.Equal("custom", (await ReadAsync(await GetAsync("default/pipelines/main"))).GetProperty("workflow").GetString());
        using HttpResponseMessage wrong = await server.Http.PostAsync("/prompt", new StringContent("{}"), Cancel);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
    }

    [Fact]
    public async Task ComfyUIs_prompt_is_answered_as_by_ComfyUI()
    {
        using HttpResponseMessage taken = await server.Http.PostAsync("/prompt", new StringContent($$"""{ "prompt": {{Pixelate}}, "client_id": "me", "prompt_id": "p7" }"""), Cancel);
        JsonElement answer = await ReadAsync(taken);
        Assert.Equal((HttpStatusCode.OK, "p7"), (taken.StatusCode, Text(answer, "prompt_id")));
        Assert.True(answer.GetProperty("number").GetInt32() > 0);
        Assert.Empty(answer.GetProperty("node_errors").EnumerateObject());

        using HttpResponseMessage refused = await server.Http.PostAsync("/prompt",
            new StringContent("""{ "prompt": { "1": { "class_type": "LoadTensor" }, "2": { "class_type": "SaveTensor", "inputs": { "images": ["5", 0] } } } }"""), Cancel);
        answer = await ReadAsync(refused);
        Assert.Equal((HttpStatusCode.BadRequest, "prompt_outputs_failed_validation"), (refused.StatusCode, Text(answer.GetProperty("error"), "type")));
        JsonElement node = answer.GetProperty("node_errors").GetProperty("2");
        Assert.Equal("SaveTensor", Text(node, "class_type"));
        Assert.Equal("images", Text(node.GetProperty("errors")[0].GetProperty("extra_info"), "input_name"));
    }

    [Fact]
    public async Task Node_classes_are_described_as_by_ComfyUI()
    {
        JsonElement all = await ReadAsync(await server.Http.GetAsync("/object_info", Cancel));
        Assert.All(all.EnumerateObject(), node =>
        {
            foreach (string name in new[] { "input", "input_order", "output", "output_is_list", "output_name", "name", "display_name", "description", "category", "output_node", "python_module" })
                Assert.True(node.Value.TryGetProperty(name, out _), $"{node.Name} lacks {name}.");
            Assert.Equal(node.Name, Text(node.Value, "name"));
            Assert.Equal(node.Value.GetProperty("output").GetArrayLength(), node.Value.GetProperty("output_is_list").GetArrayLength());
            Assert.Equal(node.Value.GetProperty("input").GetProperty("required").EnumerateObject().Select(input => input.Name), node.Value.GetProperty("input_order").GetProperty("required").EnumerateArray().Select(name => name.GetString()));
        });
        JsonElement one = await ReadAsync(await server.Http.GetAsync("/object_info/DetectFaces", Cancel));
        JsonElement faces = Assert.Single(one.EnumerateObject()).Value;
        Assert.Equal("IMAGE", faces.GetProperty("input").GetProperty("required").GetProperty("image")[0].GetString());
        JsonElement threshold = faces.GetProperty("input").GetProperty("required").GetProperty("threshold");
        Assert.Equal(("FLOAT", 0.05), (threshold[0].GetString(), threshold[1].GetProperty("min").GetDouble()));
        Assert.Equal("BOXES", faces.GetProperty("output")[0].GetString());
        Assert.False(faces.GetProperty("output_node").GetBoolean());
        Assert.True(all.GetProperty("SaveTensor").GetProperty("output_node").GetBoolean());
        JsonElement effect = all.GetProperty("BlurBoxes").GetProperty("input").GetProperty("required").GetProperty("effect");
        Assert.Equal(JsonValueKind.Array, effect[0].ValueKind);
        Assert.Empty((await ReadAsync(await server.Http.GetAsync("/object_info/NoSuchNode", Cancel))).EnumerateObject());
    }

    [Fact]
    public async Task The_OpenAPI_document_describes_every_endpoint_and_method()
    {
        using var folder = new TemporaryFolder();
        await using RelayServer another = await RelayServer.StartAsync(new ServeOptions { Port = 0, MediaPort = 0, Workspace = folder.Path }, null, Cancel);
        JsonElement document = await ReadAsync(await server.Http.GetAsync("/openapi.json", Cancel));
        Assert.Equal("3.1.0", Text(document, "openapi"));
        IEnumerable<string> described = document.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(method => $"{method.Name.ToUpperInvariant()} {path.Name}"));
        IEnumerable<string> served = another.Endpoints
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpResource>()?.Methods.Where(method => method != "HEAD").Select(method => $"{method} {endpoint.RoutePattern.RawText}") ?? []);
        string[] documentedAsOptional = ["GET /whip/{id}", "GET /whep/{id}"];
        Assert.Equal(served.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        Assert.All(documentedAsOptional, line => Assert.Contains(line, described));
        foreach (string reference in References(document))
            Assert.True(Resolves(document, reference), $"{reference} is not there.");
    }

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => member.Name == "$ref" ? [member.Value.GetString()!] : References(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };

    private static bool Resolves(JsonElement document, string reference)
    {
        foreach (string part in reference.Split('/').Skip(1))
        {
            if (!document.TryGetProperty(part, out document))
                return false;
        }

        return true;
    }

    private async Task SetAsync(string channel, string workflow)
    {
        using HttpResponseMessage response = await SendAsync("PUT", $"{channel}/pipelines/main/workflow", workflow);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private Task<HttpResponseMessage> PatchAsync(string channel, string body) => SendAsync("PATCH", $"{channel}/pipelines/main/parameters", body);

    private Task<HttpResponseMessage> GetAsync(string path) => server.Http.GetAsync($"/streams/{path}", Cancel);

    private async Task<HttpResponseMessage> SendAsync(string method, string path, string body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/streams/{path}");
        if (method != "GET")
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await server.Http.SendAsync(request, Cancel);
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        using (response)
            return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancel)).RootElement;
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
