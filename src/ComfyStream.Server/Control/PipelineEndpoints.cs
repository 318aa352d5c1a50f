using System.Text;
using System.Text.Json;
using ComfyStream.Media;
using ComfyStream.Server.Access;
using ComfyStream.Server.Signaling;
using ComfyStream.Streaming;
using ComfyStream.Workflows;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Control;

/// <summary><c>/streams/{channel}/pipelines/{pipeline}</c>: how far it is, its workflow, and the values of that one.</summary>
internal sealed partial class PipelineEndpoints(WorkflowControl control, WorkflowLibrary library, ILogger<PipelineEndpoints> logger)
{
    public const string Path = "/streams/{channel}/pipelines/{pipeline}";
    private const string MainPipeline = "main";

    public void Map(IEndpointRouteBuilder routes)
    {
        new HttpResource(AccessRule.OnChannel("view", request => new AccessTarget(AccessRights.View, ChannelOf(request)))) { IsCrossOrigin = true }
            .Get(context => FindAsync(context, workflow => WriteStatusAsync(context, workflow)))
            .Map(routes, Path);
        AccessRule control = AccessRule.OnChannel("control", request => new AccessTarget(AccessRights.Control, ChannelOf(request)));
        new HttpResource(control) { IsControl = true }
            .Get(context => FindAsync(context, workflow => JsonAnswer.WriteAsync(context, Encoding.UTF8.GetBytes(workflow.ToJson()))))
            .On(HttpMethods.Put, PutAsync)
            .Map(routes, Path + "/workflow");
        new HttpResource(control) { IsControl = true }
            .Get(context => FindAsync(context, workflow => JsonAnswer.WriteAsync(context, ParameterWriter.Describe(workflow))))
            .On(HttpMethods.Patch, PatchAsync)
            .Map(routes, Path + "/parameters");
    }

    /// <summary>Resolves a name or JSON, and puts it in the place of a channel's workflow.</summary>
    public async Task<ReplaceAnswer> ReplaceAsync(HttpContext context, string channel, string nameOrJson)
    {
        // Compiling a large graph takes a while: not on the thread that reads requests.
        (Workflow? next, IReadOnlyList<WorkflowProblem> problems) = await Task.Run(() => Resolve(nameOrJson), context.RequestAborted);
        if (next is null)
        {
            string all = string.Join('\n', problems);
            LogRefused(channel, all.ReplaceLineEndings("; "));
            return new ReplaceAnswer(StatusCodes.Status422UnprocessableEntity, new Refusal(StatusCodes.Status422UnprocessableEntity, $"Invalid workflow: {all}", problems));
        }

        WorkflowResult result = await control.ReplaceAsync(channel, next, context.RequestAborted);
        Refusal? refusal = RefusalOf(channel, next.Name, result, problems);
        return new ReplaceAnswer(refusal?.Status ?? StatusOf(result), refusal);
    }

    private (Workflow? Workflow, IReadOnlyList<WorkflowProblem> Problems) Resolve(string nameOrJson)
    {
        if (nameOrJson.AsSpan().TrimStart() is ['{' or '[', ..])
            return library.TryRead(nameOrJson, out Workflow? read, out IReadOnlyList<WorkflowProblem> problems) ? (read, []) : (null, problems);
        return library.TryResolve(nameOrJson, out IWorkflow? named, out string problem)
            ? ((Workflow)named!, [])
            : (null, [new WorkflowProblem(0, "", "", "", problem)]);
    }

    private Refusal? RefusalOf(string channel, string name, WorkflowResult result, IReadOnlyList<WorkflowProblem> problems)
    {
        Refusal? refusal = result.Outcome switch
        {
            WorkflowOutcome.CannotRun => new Refusal(StatusCodes.Status422UnprocessableEntity, $"Workflow '{name}' cannot run here: {result.Detail}", []),
            WorkflowOutcome.Refused => new Refusal(StatusCodes.Status422UnprocessableEntity, $"Invalid parameters: {string.Join('\n', problems)}", problems),
            WorkflowOutcome.NoChannel => new Refusal(StatusCodes.Status503ServiceUnavailable, "Too many channels have a workflow of their own.", []),
            _ => null,
        };
        if (refusal is not null)
            LogRefused(channel, refusal.Detail.ReplaceLineEndings("; "));
        return refusal;
    }

    private async Task PutAsync(HttpContext context)
    {
        string channel = ChannelOf(context.Request);
        if (!IsMain(context))
        {
            await NoSuchPipelineAsync(context);
            return;
        }

        if (!Relay.IsValidChannel(channel))
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "Invalid channel: its name is 1 to 64 of the characters A-Z a-z 0-9 _ -.");
            return;
        }

        string body = await WorkflowRequest.ReadTextAsync(context);
        if (await ReadWantedAsync(context, body) is not { } wanted)
            return;
        ReplaceAnswer answer = await ReplaceAsync(context, channel, wanted);
        if (answer.Refusal is { } refusal)
            await refusal.WriteAsync(context);
        else
            await WriteStatusAsync(context, control.Find(channel)!, answer.Status);
    }

    // A graph, a list of graphs, or a name: as a JSON string, or as it is.
    private static async Task<string?> ReadWantedAsync(HttpContext context, string body)
    {
        string text = body.Trim();
        if (text is not ['{' or '[' or '"', ..] && text.Length > 0 && Relay.IsValidChannel(text))
            return text;
        using JsonDocument? json = WorkflowRequest.Parse(text, out string problem);
        if (json?.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
            return text;
        if (json?.RootElement.ValueKind == JsonValueKind.String && json.RootElement.GetString() is { } name && Relay.IsValidChannel(name))
            return name;
        await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, $"{problem} Send a workflow in ComfyUI's API format, a list of them, or a name of GET /workflows.".TrimStart());
        return null;
    }

    private async Task PatchAsync(HttpContext context)
    {
        string channel = ChannelOf(context.Request);
        if (!IsMain(context) || control.Find(channel) is not { } before)
        {
            await NoSuchPipelineAsync(context);
            return;
        }

        using JsonDocument? body = WorkflowRequest.Parse(await WorkflowRequest.ReadTextAsync(context), out string problem);
        if (body is null || WorkflowRequest.ReadChanges(body.RootElement) is not { } changes)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, $$"""{{problem}} Send the values to change as { "node id": { "input": value } }.""".TrimStart());
            return;
        }

        (WorkflowResult result, IReadOnlyList<WorkflowProblem> problems) = changes.Count == 0
            ? (new WorkflowResult(WorkflowOutcome.Runs, before), [])
            : await Task.Run(() => control.ChangeAsync(channel, changes, context.RequestAborted), context.RequestAborted);
        if (RefusalOf(channel, before.Name, result, problems) is { } refusal)
            await refusal.WriteAsync(context);
        else
            await JsonAnswer.WriteAsync(context, ParameterWriter.Values((Workflow)result.Workflow!), StatusOf(result));
    }

    private Task WriteStatusAsync(HttpContext context, Workflow workflow, int code = StatusCodes.Status200OK)
    {
        string channel = ChannelOf(context.Request);
        var status = PipelineStatus.Of(channel, MainPipeline, workflow, control.FindStatus(channel));
        return JsonAnswer.WriteAsync(context, JsonSerializer.SerializeToUtf8Bytes(status, ServerJson.Readable.PipelineStatus), code);
    }

    private Task FindAsync(HttpContext context, Func<Workflow, Task> found) =>
        IsMain(context) && control.Find(ChannelOf(context.Request)) is { } workflow ? found(workflow) : NoSuchPipelineAsync(context);

    private static Task NoSuchPipelineAsync(HttpContext context) => Problem.WriteAsync(
        context, StatusCodes.Status404NotFound,
        IsMain(context)
            ? "Resource not found. Nobody uses this channel, and no workflow was set for it: PUT one."
            : $"Resource not found. A channel has the pipeline '{MainPipeline}'.");

    // What takes over with the publisher's next key frame is accepted (RFC 9110 section 15.3.3).
    private static int StatusOf(WorkflowResult result) => result.Outcome == WorkflowOutcome.Waits ? StatusCodes.Status202Accepted : StatusCodes.Status200OK;

    private static bool IsMain(HttpContext context) => (string?)context.GetRouteValue("pipeline") == MainPipeline;

    private static string ChannelOf(HttpRequest request) => (string?)request.RouteValues["channel"] ?? "";

    [LoggerMessage(1, LogLevel.Warning, "Refused a workflow for channel {Channel}: {Detail}")]
    private partial void LogRefused(string channel, string detail);
}

/// <summary>What becomes of a wish for another workflow.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Refusal">Why it was not taken; null when it was.</param>
internal sealed record ReplaceAnswer(int Status, Refusal? Refusal);

/// <summary>Why a workflow was not taken.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">All of it in a text.</param>
/// <param name="Problems">What is wrong with the graph, one by one.</param>
internal sealed record Refusal(int Status, string Detail, IReadOnlyList<WorkflowProblem> Problems)
{
    public Task WriteAsync(HttpContext context) =>
        Problem.WriteAsync(context, Status, Detail, Problems.Count == 0 ? null : GraphProblem.From(Problems));
}
