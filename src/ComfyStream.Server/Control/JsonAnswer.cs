using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Control;

/// <summary>Answers with JSON that holds for this moment.</summary>
internal static class JsonAnswer
{
    public static Task WriteAsync(HttpContext context, byte[] body, int status = StatusCodes.Status200OK)
    {
        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
