using ComfyStream.Server.Access;
using ComfyStream.Server.Signaling;
using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Limits;

/// <summary>Answers 429 to whoever sends more POST, PUT, PATCH and DELETE than the rate of their address or token allows (RFC 9725 section 5).</summary>
internal sealed class RateGate
{
    private readonly RateLimiter _limiter;
    private readonly Func<HttpContext, string?> _key;
    private readonly string _whose;

    private RateGate(RateLimiter limiter, Func<HttpContext, string?> key, string whose)
    {
        _limiter = limiter;
        _key = key;
        _whose = whose;
    }

    public static RateGate ByAddress(RateOptions rate, TimeProvider clock) =>
        new(new RateLimiter(rate, clock), context => RateLimiter.KeyOf(context.Connection.RemoteIpAddress), "come from this address");

    /// <summary>After the gate that finds out whose a token is.</summary>
    public static RateGate ByToken(RateOptions rate, TimeProvider clock) =>
        new(new RateLimiter(rate, clock), context => AccessGrant.CallerOf(context).Id is { Length: > 0 } id ? id : null, "were sent with this token");

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        bool isCounted = context.Request.Method is "POST" or "PUT" or "PATCH" or "DELETE";
        if (!isCounted || _key(context) is not { } key || _limiter.TryTake(key, out TimeSpan wait))
            return next(context);
        RetryAfter.Set(context.Response, wait);
        return Problem.WriteAsync(context, StatusCodes.Status429TooManyRequests, $"Too many requests {_whose}: wait, and send fewer.");
    }
}
