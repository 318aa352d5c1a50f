using System.Reflection;
using System.Security.Cryptography;
using ComfyStream.Server.Access;
using ComfyStream.Server.Signaling;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyStream.Server.Studio;

/// <summary>Serves the page at <c>/</c>: three embedded files.</summary>
internal static class StudioPage
{
    // Everything comes from here, and nothing may frame the page: it can switch the camera on.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; media-src 'self' blob: mediastream:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Map(IEndpointRouteBuilder routes)
    {
        MapFile(routes, "/", "studio.html", "text/html; charset=utf-8");
        MapFile(routes, "/studio.css", "studio.css", "text/css; charset=utf-8");
        MapFile(routes, "/studio.js", "studio.js", "text/javascript; charset=utf-8");
    }

    private static void MapFile(IEndpointRouteBuilder routes, string pattern, string name, string contentType)
    {
        byte[] body = Read(name);
        string tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(body).AsSpan(0, 8))}\"";
        new HttpResource(AccessRule.Open).Get(context => WriteAsync(context, body, tag, contentType)).Map(routes, pattern);
    }

    private static Task WriteAsync(HttpContext context, byte[] body, string tag, string contentType)
    {
        HttpResponse response = context.Response;
        response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        response.Headers.XFrameOptions = "DENY";
        response.Headers["Cross-Origin-Opener-Policy"] = "same-origin";
        response.Headers["Cross-Origin-Resource-Policy"] = "same-origin";
        response.Headers["Referrer-Policy"] = "no-referrer";
        response.Headers["Permissions-Policy"] = "camera=(self), microphone=(self), display-capture=()";
        // A restarted server may be a newer one: the page is always asked for, and unchanged files cost no bytes.
        response.Headers.CacheControl = "no-cache";
        response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch.ToString().Contains(tag, StringComparison.Ordinal))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        }
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        return response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static byte[] Read(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Studio/{name}")
            ?? throw new InvalidOperationException($"The page's {name} is not embedded.");
        byte[] body = new byte[stream.Length];
        stream.ReadExactly(body);
        return body;
    }
}
