using ComfyStream.Streaming;
using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Signaling;

/// <summary>Which status says which outcome of an offer or a patch.</summary>
internal static class ProblemMapping
{
    private const string RetryAfterSeconds = "5";

    public static Task WriteAsync(HttpContext context, SessionResult result)
    {
        int status = StatusOf(result.Outcome);
        // RFC 9725 section 4.5: overload. WHEP draft section 4.2: a viewer comes back when there is a publisher.
        if (status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status409Conflict)
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return Problem.WriteAsync(context, status, result.Detail);
    }

    public static Task WriteAsync(HttpContext context, IcePatchResult result)
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
        SessionOutcome.Conflict => StatusCodes.Status409Conflict,
        SessionOutcome.Overloaded => StatusCodes.Status503ServiceUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "The outcome of a created session is not a problem."),
    };

    private static int StatusOf(IcePatchOutcome outcome) => outcome switch
    {
        IcePatchOutcome.Malformed => StatusCodes.Status400BadRequest,
        IcePatchOutcome.TagMismatch => StatusCodes.Status412PreconditionFailed,
        IcePatchOutcome.TagRequired => StatusCodes.Status428PreconditionRequired,
        IcePatchOutcome.Overloaded => StatusCodes.Status503ServiceUnavailable,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "This outcome of a patch is not a problem."),
    };
}
