using System.Globalization;
using System.Text;
using System.Text.Json;
using ComfyStream.Server.Access;
using ComfyStream.Server.Options;
using ComfyStream.Server.Signaling;
using ComfyStream.Workflows;
using ComfyStream.Workflows.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyStream.Server.Control;

/// <summary>
/// What ComfyStream's and ComfyUI's clients ask for: <c>/object_info</c>, the node classes, and <c>/prompt</c>, which sets the workflow
/// of the default channel. A body of ComfyUI (<c>{ "prompt": graph }</c>) is answered as by ComfyUI, a graph as by ComfyStream.
/// </summary>
internal sealed class ComfyEndpoints(NodeCatalog catalog, string inputFolder, PipelineEndpoints pipelines)
{
    private const int MostPictures = 1000;
    private static readonly string[] _pictureEndings = [".png", ".jpg", ".jpeg"];
    private int _number;

    public void Map(IEndpointRouteBuilder routes)
    {
        AccessRule reading = AccessRule.Somewhere(AccessRights.Publish | AccessRights.Control);
        new HttpResource(reading).Get(context => WriteAsync(context, catalog.Descriptors)).Map(routes, "/object_info");
        new HttpResource(reading).Get(WriteOneAsync).Map(routes, "/object_info/{class}");
        AccessRule control = AccessRule.OnChannel("control on the default channel", _ => new AccessTarget(AccessRights.Control, ServeOptions.DefaultChannel));
        new HttpResource(control) { IsControl = true }.On(HttpMethods.Post, PostPromptAsync).Map(routes, "/prompt");
    }

    // ComfyUI knows nothing of a class that it does not have: an empty object.
    private Task WriteOneAsync(HttpContext context) =>
        WriteAsync(context, catalog.TryFind((string?)context.GetRouteValue("class") ?? "", out NodeDescriptor? node) ? [node] : []);

    private Task WriteAsync(HttpContext context, IReadOnlyList<NodeDescriptor> nodes)
    {
        var info = new NodeInfoWriter(FindPictures());
        return JsonAnswer.WriteAsync(context, ParameterWriter.Write(writer =>
        {
            writer.WriteStartObject();
            foreach (NodeDescriptor node in nodes)
                info.Write(writer, node);
            writer.WriteEndObject();
        }));
    }

    private IReadOnlyList<string> FindPictures()
    {
        try
        {
            return
            [
                .. Directory.EnumerateFiles(inputFolder).Where(path => _pictureEndings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
                    .Take(MostPictures).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private async Task PostPromptAsync(HttpContext context)
    {
        string body = await WorkflowRequest.ReadTextAsync(context);
        using JsonDocument? json = WorkflowRequest.Parse(body, out string problem);
        if (json?.RootElement.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, $$"""{{problem}} Send a workflow in ComfyUI's API format, a list of them, or { "prompt": workflow }.""".TrimStart());
            return;
        }

        if (FindPrompt(json.RootElement) is { } prompt)
            await AnswerComfyUiAsync(context, json.RootElement, prompt);
        else
            await AnswerComfyStreamAsync(context, body);
    }

    // A graph may have a node of the id "prompt".
    private static JsonElement? FindPrompt(JsonElement root) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty("prompt", out JsonElement prompt)
        && prompt.ValueKind is JsonValueKind.Object or JsonValueKind.Array
        && !(prompt.ValueKind == JsonValueKind.Object && prompt.TryGetProperty("class_type", out JsonElement type) && type.ValueKind == JsonValueKind.String)
            ? prompt : null;

    private async Task AnswerComfyStreamAsync(HttpContext context, string body)
    {
        ReplaceAnswer answer = await pipelines.ReplaceAsync(context, ServeOptions.DefaultChannel, body);
        if (answer.Refusal is { } refusal)
        {
            await refusal.WriteAsync(context);
            return;
        }

        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync("OK", Encoding.UTF8, context.RequestAborted);
    }

    private async Task AnswerComfyUiAsync(HttpContext context, JsonElement request, JsonElement prompt)
    {
        ReplaceAnswer answer = await pipelines.ReplaceAsync(context, ServeOptions.DefaultChannel, prompt.GetRawText());
        string id = request.TryGetProperty("prompt_id", out JsonElement given) && given.ValueKind == JsonValueKind.String ? given.GetString()! : Guid.NewGuid().ToString();
        byte[] written = ParameterWriter.Write(writer =>
        {
            writer.WriteStartObject();
            if (answer.Refusal is { } refusal)
            {
                WriteError(writer, "error", refusal.Problems.Count == 0 ? "prompt_failed" : "prompt_outputs_failed_validation", "The workflow was not taken.", refusal.Detail, "");
                WriteNodeErrors(writer, refusal.Problems);
            }
            else
            {
                writer.WriteString("prompt_id", id);
                writer.WriteNumber("number", Interlocked.Increment(ref _number));
                WriteNodeErrors(writer, []);
            }

            writer.WriteEndObject();
        });
        await JsonAnswer.WriteAsync(context, written, answer.Refusal is null ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest);
    }

    private static void WriteNodeErrors(Utf8JsonWriter writer, IReadOnlyList<WorkflowProblem> problems)
    {
        writer.WriteStartObject("node_errors");
        foreach (IGrouping<string, WorkflowProblem> node in problems.Where(problem => problem.NodeId.Length > 0).GroupBy(KeyOf))
        {
            writer.WriteStartObject(node.Key);
            writer.WriteStartArray("errors");
            foreach (WorkflowProblem problem in node)
                WriteError(writer, null, "invalid_input", problem.Message, problem.ToString(), problem.Input);
            writer.WriteEndArray();
            writer.WriteStartArray("dependent_outputs");
            writer.WriteEndArray();
            writer.WriteString("class_type", node.First().ClassType);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static string KeyOf(WorkflowProblem problem) =>
        problem.Graph == 0 ? problem.NodeId : string.Create(CultureInfo.InvariantCulture, $"{problem.Graph}:{problem.NodeId}");

    private static void WriteError(Utf8JsonWriter writer, string? name, string type, string message, string details, string input)
    {
        if (name is null)
            writer.WriteStartObject();
        else
            writer.WriteStartObject(name);
        writer.WriteString("type", type);
        writer.WriteString("message", message);
        writer.WriteString("details", details);
        writer.WriteStartObject("extra_info");
        if (input.Length > 0)
            writer.WriteString("input_name", input);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
