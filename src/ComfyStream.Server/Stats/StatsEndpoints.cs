using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ComfyStream.Server.Signaling;
using ComfyStream.Streaming;
using ComfyStream.Workflows;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyStream.Server.Stats;

/// <summary>What the relay tells of itself.</summary>
internal sealed class StatsEndpoints(Relay relay, WorkflowLibrary library, Health health)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        MapJson(routes, "/whip-stats", isCrossOrigin: true, () => SessionStatistics.Of(relay, SessionKind.Publisher), ServerJson.Readable.DictionaryStringSessionStatistics);
        MapJson(routes, "/whep-stats", isCrossOrigin: true, () => SessionStatistics.Of(relay, SessionKind.Subscriber), ServerJson.Readable.DictionaryStringSessionStatistics);
        MapJson(routes, "/processing/status", isCrossOrigin: true, () => ProcessingStatus.Of(relay), ServerJson.Readable.ProcessingStatus);
        MapJson(routes, "/health", isCrossOrigin: false, () => health, ServerJson.Readable.Health);
        MapJson(routes, "/workflows", isCrossOrigin: false, Workflows, ServerJson.Readable.WorkflowList);
    }

    private WorkflowList Workflows() => new([.. library.List().Select(summary => new WorkflowEntry(summary.Name, summary.Description))]);

    private static void MapJson<T>(IEndpointRouteBuilder routes, string pattern, bool isCrossOrigin, Func<T> read, JsonTypeInfo<T> type) =>
        new HttpResource { IsCrossOrigin = isCrossOrigin }
            .Get(context => WriteAsync(context, JsonSerializer.SerializeToUtf8Bytes(read(), type)))
            .Map(routes, pattern);

    private static Task WriteAsync(HttpContext context, byte[] body)
    {
        HttpResponse response = context.Response;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
