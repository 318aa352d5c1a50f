using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Signaling;

/// <summary>
/// The last catch of a request: what the HTTP layer found wrong with it gets its 4xx, a bug gets 500 and a log line; the rest lives.
/// </summary>
internal sealed partial class FaultBoundary(ILogger<FaultBoundary> logger)
{
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            context.Response.Headers.XContentTypeOptions = "nosniff";
            await next(context);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            string detail = e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? $"The body is larger than {context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize / 1024} KiB. {HintFor(context)}"
                : e.Message;
            await Problem.WriteAsync(context, e.StatusCode, detail);
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client left; nobody reads an answer.
        }
        catch (Exception e)
        {
            LogFault(e, context.Request.Method, context.Request.Path);
            if (!context.Response.HasStarted)
                await Problem.WriteAsync(context, StatusCodes.Status500InternalServerError, "An internal server error occurred.");
        }
    }

    private static string HintFor(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<HttpResource>() is { MakesSessions: true } ? "Offer fewer codecs or sections." : "Send a smaller one.";

    [LoggerMessage(1, LogLevel.Critical, "{Method} {Path} failed by a bug of the server")]
    private partial void LogFault(Exception exception, string method, string path);
}
