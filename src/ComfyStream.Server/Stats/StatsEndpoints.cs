using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ComfyStream.Server.Access;
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
        MapJson(routes, "/whip-stats", AccessRule.Everywhere(AccessRights.Admin), isCrossOrigin: true, _ => SessionStatistics.Of(relay, SessionKind.Publisher), ServerJson.Readable.DictionaryStringSessionStatistics);
        MapJson(routes, "/whep-stats", AccessRule.Everywhere(AccessRights.Admin), isCrossOrigin: true, _ => SessionStatistics.Of(relay, SessionKind.Subscriber), ServerJson.Readable.DictionaryStringSessionStatistics);
        MapJson(routes, "/processing/status", AccessRule.Somewhere(AccessRights.View), isCrossOrigin: true, caller => ProcessingStatus.Of(relay, caller), ServerJson.Readable.ProcessingStatus);
        MapJson(routes, "/health", AccessRule.Open, isCrossOrigin: false, _ => health, ServerJson.Readable.Health);
        MapJson(routes, "/workflows", AccessRule.Somewhere(AccessRights.Publish), isCrossOrigin: false, _ => Workflows(), ServerJson.Readable.WorkflowList);
    }

    private WorkflowList Workflows() => new([.. library.List().Select(summary => new WorkflowEntry(summary.Name, summary.Description))]);

    private static void MapJson<T>(IEndpointRouteBuilder routes, string pattern, AccessRule access, bool isCrossOrigin, Func<Caller, T> read, JsonTypeInfo<T> type) =>
        new HttpResource(access) { IsCrossOrigin = isCrossOrigin }
            .Get(context => WriteAsync(context, JsonSerializer.SerializeToUtf8Bytes(read(AccessGrant.CallerOf(context)), type)))
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
