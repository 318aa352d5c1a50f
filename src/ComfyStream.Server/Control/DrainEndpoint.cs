using System.Text.Json;
using ComfyStream.Server.Access;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Options;
using ComfyStream.Server.Signaling;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyStream.Server.Control;

/// <summary><c>/control/drain</c>: POST begins it, GET says how far it is.</summary>
internal sealed class DrainEndpoint(Drain drain, ServeOptions options)
{
    public const string Path = "/control/drain";

    public void Map(IEndpointRouteBuilder routes) =>
        new HttpResource(AccessRule.Everywhere(AccessRights.Admin)) { IsControl = true }
            .Get(WriteStatusAsync)
            .On(HttpMethods.Post, PostAsync)
            .Map(routes, Path);

    private async Task PostAsync(HttpContext context)
    {
        DrainRequest request;
        try
        {
            request = context.Request.HasJsonContentType()
                ? await JsonSerializer.DeserializeAsync(context.Request.Body, ServerJson.Readable.DrainRequest, context.RequestAborted) ?? new DrainRequest(null, null)
                : new DrainRequest(null, null);
        }
        catch (JsonException)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, """The body is not JSON as { "redirect": "https://other.example.org", "deadline_seconds": 60 }.""");
            return;
        }

        Uri? redirect = options.DrainRedirect;
        if (request.Redirect is { } text && !ServeSettings.TryReadOrigin(text, out redirect))
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "redirect must be the http: or https: address of another server.");
            return;
        }
        if (request.DeadlineSeconds is < 0 or > 86400)
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "deadline_seconds must be a number from 0 to 86400.");
            return;
        }
        drain.Begin(redirect, request.DeadlineSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : options.DrainDeadline);
        await WriteStatusAsync(context);
    }

    private Task WriteStatusAsync(HttpContext context)
    {
        var status = new DrainStatus(drain.Plan is not null, drain.SessionsLeft, drain.Plan?.Deadline);
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(status, ServerJson.Readable.DrainStatus);
        context.Response.ContentType = "application/json";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}

/// <summary>Asks to drain; what is missing is as the server was started.</summary>
internal sealed record DrainRequest(string? Redirect, double? DeadlineSeconds);

/// <summary>How far it is.</summary>
internal sealed record DrainStatus(bool Draining, int Sessions, DateTimeOffset? Deadline);
