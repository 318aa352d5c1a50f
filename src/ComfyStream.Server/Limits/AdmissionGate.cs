using ComfyStream.Server.Access;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Signaling;
using ComfyStream.Streaming;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Limits;

/// <summary>
/// Decides whether a new session may be made at all: not while the server drains (503, or 307 to another server), not while too
/// many are half open, too many names are waited for, or the event loops are busy (503), nor to an address that has its share (429).
/// Those who are in are never touched.
/// </summary>
internal sealed partial class AdmissionGate(Relay relay, Drain drain, LimitOptions limits, LoopLoad load, ILogger<AdmissionGate> logger)
{
    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        bool makesSession = HttpMethods.IsPost(context.Request.Method) && context.GetEndpoint()?.Metadata.GetMetadata<HttpResource>() is { MakesSessions: true };
        if (!makesSession)
            return next(context);
        if (drain.Plan is { } plan)
            return RefuseDrainingAsync(context, plan);
        if (FindOverload(context) is { } overload)
            return RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, overload);
        return FindShare(context) is { } share ? RefuseAsync(context, StatusCodes.Status429TooManyRequests, share) : next(context);
    }

    private string? FindOverload(HttpContext context)
    {
        RelayLoad now = relay.Load;
        if (now.HalfOpenSessions >= limits.HalfOpenSessions)
            return $"Too many sessions are connecting: {now.HalfOpenSessions}.";
        if (load.Least > limits.LoopLoad)
            return "The server is busy: there is no room for more streams now.";
        // A publisher ends the waiting for a name.
        bool isWaiting = context.Features.Get<AccessGrant>() is { Target: { Right: not AccessRights.Publish } target } && !relay.HasChannel(target.Channel);
        return isWaiting && now.WaitedForNames >= limits.WaitedForNames
            ? $"Too many channels are waited for: {now.WaitedForNames}."
            : null;
    }

    private string? FindShare(HttpContext context)
    {
        ClientLoad its = relay.LoadOf(RateLimiter.KeyOf(context.Connection.RemoteIpAddress));
        return its.HalfOpenSessions >= limits.HalfOpenSessionsPerAddress ? $"Too many sessions of this address are connecting: {its.HalfOpenSessions}."
            : its.Sessions >= limits.SessionsPerAddress ? $"This address has {its.Sessions} sessions, which is all that it may have."
            : null;
    }

    private Task RefuseAsync(HttpContext context, int status, string why)
    {
        LogRefused(why);
        RetryAfter.Set(context.Response, RetryAfter.Soon);
        return Problem.WriteAsync(context, status, $"{why} Try again in a few seconds.");
    }

    // Clients send the token and the offer again by themselves on 307; 301 and 302 would make a GET of it (RFC 9725 section 4.5).
    private static Task RefuseDrainingAsync(HttpContext context, DrainPlan plan)
    {
        if (plan.Redirect is not { } redirect)
        {
            RetryAfter.Set(context.Response, RetryAfter.Soon);
            return Problem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "This server is about to end and takes no new sessions. Try again in a few seconds.");
        }
        string target = redirect.GetLeftPart(UriPartial.Path).TrimEnd('/') + context.Request.Path.ToUriComponent() + context.Request.QueryString.ToUriComponent();
        context.Response.Headers.Location = target;
        return Problem.WriteAsync(context, StatusCodes.Status307TemporaryRedirect, $"This server is about to end: new sessions are made at {redirect}.");
    }

    [LoggerMessage(1, LogLevel.Debug, "A session was refused: {Why}")]
    private partial void LogRefused(string why);
}
