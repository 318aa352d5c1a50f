using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Signaling;

/// <summary>
/// CORS of the endpoints that pages of any origin may use. No cookies are used anywhere, so any origin is safe to allow;
/// RFC 9725 section 4.2 wants preflights answered without authentication.
/// </summary>
internal static class CrossOrigin
{
    public const string Methods = "OPTIONS, GET, HEAD, POST, PATCH, DELETE";

    /// <summary>Those of the endpoints that change the server, for pages of configured origins.</summary>
    public const string ControlMethods = "OPTIONS, GET, HEAD, POST, PUT, PATCH";

    private const string RequestHeaders = "Authorization, Content-Type, If-Match, If-None-Match, ETag, Cache-Control, Accept, Last-Event-ID";
    private const string ExposedHeaders = "Location, Link, ETag, Accept-Post, Accept-Patch, Retry-After, WWW-Authenticate, Access-Control-Allow-Methods";
    private const string PreflightLifetimeSeconds = "7200";

    public static bool IsPreflight(HttpRequest request) =>
        HttpMethods.IsOptions(request.Method) && request.Headers.Origin.Count > 0 && request.Headers.AccessControlRequestMethod.Count > 0;

    /// <summary>Lets pages of other origins read whatever is answered, refusals too.</summary>
    public static Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<HttpResource>() is { IsCrossOrigin: true } && !HttpMethods.IsOptions(context.Request.Method))
            AllowAnyOrigin(context.Response);
        return next(context);
    }

    public static void AllowAnyOrigin(HttpResponse response)
    {
        response.Headers.AccessControlAllowOrigin = "*";
        response.Headers.AccessControlExposeHeaders = ExposedHeaders;
    }

    public static void AllowOrigin(HttpResponse response, string origin) => response.Headers.AccessControlAllowOrigin = origin;

    public static void AnswerPreflight(HttpResponse response)
    {
        response.Headers.AccessControlAllowOrigin = "*";
        response.Headers.AccessControlAllowMethods = Methods;
        response.Headers.AccessControlAllowHeaders = RequestHeaders;
        response.Headers.AccessControlMaxAge = PreflightLifetimeSeconds;
    }
}
