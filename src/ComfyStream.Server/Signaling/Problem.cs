using System.Text.Json;
using System.Text.Json.Serialization;
using ComfyStream.Server.Control;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace ComfyStream.Server.Signaling;

/// <summary>
/// Error body (RFC 9457). <c>error</c> repeats <c>detail</c>, because reader pages in the field look for it there.
/// </summary>
/// <param name="Type">Always <c>about:blank</c>: the status says the kind.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The status.</param>
/// <param name="Detail">What is wrong and what to do.</param>
/// <param name="Error">The same.</param>
internal sealed record Problem(string Type, string Title, int Status, string Detail, string Error)
{
    /// <summary>What is wrong with a workflow, one by one; null where it is about something else.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<GraphProblem>? Problems { get; init; }

    public const string ContentType = "application/problem+json";

    public static async Task WriteAsync(HttpContext context, int status, string detail, IReadOnlyList<GraphProblem>? problems = null)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-store";
        var problem = new Problem("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, detail) { Problems = problems };
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(problem, ServerJson.Readable.Problem);
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, context.RequestAborted);
    }
}
