using System.Text;
using System.Text.Json;
using ComfyStream.Media;
using ComfyStream.Workflows;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ComfyStream.Server.Control;

/// <summary>Reads the bodies that say which workflow or which values are wanted.</summary>
internal static class WorkflowRequest
{
    // As deep as a workflow may be, and in a list or an object of another.
    private const int MostDepth = 34;

    /// <summary>The body, which may be as large as a workflow.</summary>
    /// <exception cref="BadHttpRequestException">It is larger.</exception>
    public static async Task<string> ReadTextAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = Math.Max(limit.MaxRequestBodySize ?? 0, WorkflowLibrary.MostBytes);
        using var reader = new StreamReader(context.Request.Body, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: true);
        return await reader.ReadToEndAsync(context.RequestAborted);
    }

    /// <summary>Reads a body as JSON. When null, <paramref name="problem"/> says what is wrong with it.</summary>
    public static JsonDocument? Parse(string body, out string problem)
    {
        problem = "";
        try
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(body);
            if (JsonStrings.AreUnicode(utf8, MostDepth))
                return JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = MostDepth });
            problem = "A text in the body is not valid Unicode: remove the lone surrogate escapes (\\ud800 to \\udfff).";
            return null;
        }
        catch (JsonException e)
        {
            problem = body.Length == 0
                ? "The body is empty."
                : $"The body is not JSON, or deeper than {MostDepth} levels: see line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.";
            return null;
        }
    }

    /// <summary>Reads <c>{ "node id": { "input": value } }</c>. Null when it is something else.</summary>
    public static IReadOnlyList<WorkflowChange>? ReadChanges(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            return null;
        List<WorkflowChange> changes = [];
        foreach (JsonProperty node in root.EnumerateObject())
        {
            if (node.Value.ValueKind != JsonValueKind.Object)
                return null;
            changes.AddRange(node.Value.EnumerateObject().Select(input => new WorkflowChange(node.Name, input.Name, input.Value)));
        }

        return changes;
    }
}
