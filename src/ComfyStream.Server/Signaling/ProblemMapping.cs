using ComfyStream.Streaming;
using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Signaling;

/// <summary>Which status says which outcome of an offer.</summary>
internal static class ProblemMapping
{
    private const string RetryAfterSeconds = "5";

    public static Task WriteAsync(HttpContext context, SessionResult result)
    {
        int status = StatusOf(result.Outcome);
        if (status == StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return Problem.WriteAsync(context, status, result.Detail);
    }

    private static int StatusOf(SessionOutcome outcome) => outcome switch
    {
        // RFC 9725 section 4.2: an appropriate 4xx. 406 would mean a counter-offer in WHEP, so what cannot be served is 422.
        SessionOutcome.MalformedOffer or SessionOutcome.InvalidName => StatusCodes.Status400BadRequest,
        SessionOutcome.Unsupported => StatusCodes.Status422UnprocessableEntity,
        SessionOutcome.NotFound => StatusCodes.Status404NotFound,
        // RFC 9725 section 4.5: overload is 503 with Retry-After.
        SessionOutcome.Overloaded => StatusCodes.Status503ServiceUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "The outcome of a created session is not a problem."),
    };
}
