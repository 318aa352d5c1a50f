using ComfyStream.Server.Limits;
using ComfyStream.Server.Signaling;
using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Access;

/// <summary>
/// Lets a request to its endpoint only if the endpoint's <see cref="AccessRule"/> allows it. Answers as RFC 6750 section 3 has it: 401
/// without or with a wrong token, 403 for a missing right, both with <c>WWW-Authenticate</c>.
/// </summary>
internal sealed class AccessGate(Authenticator authenticator)
{
    private const string Challenge = "Bearer realm=\"ComfyStream\"";

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        AccessRule rule = context.GetEndpoint()?.Metadata.GetMetadata<AccessRule>()
            ?? throw new InvalidOperationException($"The endpoint of {context.Request.Path} declares no right: nothing is served there.");
        // A preflight never carries a token (Fetch standard, CORS-preflight fetch).
        if (rule.IsOpen || CrossOrigin.IsPreflight(context.Request))
        {
            await next(context);
            return;
        }

        Authentication authentication = await authenticator.AuthenticateAsync(context);
        bool isMissing = authentication.Outcome == AuthenticationOutcome.Missing;
        if (authentication.Outcome != AuthenticationOutcome.Accepted && !(isMissing && MayLackToken(rule, context.Request)))
        {
            await RefuseAsync(context, authentication);
            return;
        }

        AccessDecision decision = isMissing || HttpMethods.IsOptions(context.Request.Method)
            ? new AccessDecision(true, default, "")
            : rule.Decide(authentication.Caller, context);
        if (!decision.IsAllowed)
        {
            await ForbidAsync(context, decision);
            return;
        }
        context.Features.Set(new AccessGrant(authentication.Caller, decision.Target));
        await next(context);
    }

    // OPTIONS tells what is served; what is worth keeping, ICE servers with passwords, it tells only those with a token.
    private static bool MayLackToken(AccessRule rule, HttpRequest request) => rule.AllowsMissingToken || HttpMethods.IsOptions(request.Method);

    private static Task RefuseAsync(HttpContext context, Authentication authentication)
    {
        HttpResponse response = context.Response;
        if (authentication.RetryAfter > TimeSpan.Zero)
            RetryAfter.Set(response, authentication.RetryAfter);
        switch (authentication.Outcome)
        {
            case AuthenticationOutcome.Malformed:
                response.Headers.WWWAuthenticate = $"{Challenge}, error=\"invalid_request\"";
                return Problem.WriteAsync(context, StatusCodes.Status400BadRequest, authentication.Detail);
            case AuthenticationOutcome.Wrong:
                response.Headers.WWWAuthenticate = $"{Challenge}, error=\"invalid_token\", error_description=\"The token is unknown, expired or malformed\"";
                return Problem.WriteAsync(context, StatusCodes.Status401Unauthorized, "The token is unknown, expired or malformed: ask the operator for another.");
            case AuthenticationOutcome.TooMany:
                return Problem.WriteAsync(context, StatusCodes.Status429TooManyRequests, "Too many wrong tokens came from this address: wait.");
            case AuthenticationOutcome.Unavailable:
                return Problem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "The token cannot be checked now: try again in a few seconds.");
            default:
                // Without credentials no error code is given (RFC 6750 3.1).
                response.Headers.WWWAuthenticate = Challenge;
                return Problem.WriteAsync(context, StatusCodes.Status401Unauthorized,
                    authentication.Detail.Length > 0 ? authentication.Detail : "A token is needed: send the header 'Authorization: Bearer TOKEN'.");
        }
    }

    private static Task ForbidAsync(HttpContext context, AccessDecision decision)
    {
        string right = string.Join(' ', AccessRightNames.NamesOf(decision.Target.Right));
        context.Response.Headers.WWWAuthenticate = $"{Challenge}, error=\"insufficient_scope\", scope=\"{right}\"";
        string where = decision.Target.Channel switch
        {
            "*" => "for all channels",
            "" => "for any channel",
            _ => "for this channel",
        };
        string reason = decision.Reason.Length > 0 ? decision.Reason : "The token is valid, but does not reach this far.";
        return Problem.WriteAsync(context, StatusCodes.Status403Forbidden, $"{reason} The right '{right}' {where} is needed.");
    }
}
