using System.Net;
using ComfyStream.Server.Options;
using ComfyStream.Server.Signaling;
using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Control;

/// <summary>
/// Guards what changes the server against pages that a browser of somebody trusted has open: only pages of this server's own origin,
/// or of one that was configured, may use it, and only under a name that is this server's, so that a name which was rebound to our
/// address gets nowhere. While no tokens are asked for, only this machine may.
/// </summary>
internal sealed class ControlGate(ServeOptions options)
{
    private readonly HashSet<string> _names = new(
        new[] { "localhost", Dns.GetHostName(), options.Host, options.PublicUrl?.Host ?? "" }.Where(name => name.Length > 0), StringComparer.OrdinalIgnoreCase);

    private readonly HashSet<string> _origins = new(options.ControlOrigins.Select(origin => origin.GetLeftPart(UriPartial.Authority)), StringComparer.OrdinalIgnoreCase);

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<HttpResource>() is not { IsControl: true })
            return next(context);
        HttpRequest request = context.Request;
        if (!IsOurName(request.Host.Host))
            return ForbidAsync(context, "This server is not known under the name in the Host header: start it with --public-url, or use its address.");

        string origin = request.Headers.Origin.ToString();
        bool isConfigured = _origins.Contains(origin);
        if (origin.Length > 0 && !isConfigured && !origin.Equals($"{request.Scheme}://{request.Host.ToUriComponent()}", StringComparison.OrdinalIgnoreCase))
            return ForbidAsync(context, "Pages of another origin may not use this: start the server with --control-origin to allow one.");
        if (!options.Auth.IsOn && !(context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address)))
            return ForbidAsync(context, "While no tokens are asked for, only this machine may use this.");

        if (!isConfigured)
            return next(context);
        context.Response.Headers.Vary = "Origin";
        CrossOrigin.AllowOrigin(context.Response, origin);
        if (!CrossOrigin.IsPreflight(request))
            return next(context);
        CrossOrigin.AnswerPreflight(context.Response);
        context.Response.Headers.AccessControlAllowMethods = CrossOrigin.ControlMethods;
        CrossOrigin.AllowOrigin(context.Response, origin);
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    // An address cannot be rebound: it is where the browser connected to.
    private bool IsOurName(string host) => IPAddress.TryParse(host.Trim('[', ']'), out _) || _names.Contains(host);

    private static Task ForbidAsync(HttpContext context, string why) => Problem.WriteAsync(context, StatusCodes.Status403Forbidden, why);
}
