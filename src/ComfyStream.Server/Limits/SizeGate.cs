using ComfyStream.Server.Signaling;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ComfyStream.Server.Limits;

/// <summary>
/// Refuses requests whose first line or headers are too large, and says so. Kestrel would answer by a bare status: it refuses without
/// us only what is <see cref="Slack"/> times as large, so that nobody makes it keep more.
/// </summary>
internal sealed class SizeGate(LimitOptions limits)
{
    /// <summary>How many times our limits Kestrel's are.</summary>
    public const int Slack = 2;

    // "GET " and " HTTP/1.1"; ": " and the end of a header's line.
    private const int LineExtraBytes = 10;
    private const int HeaderExtraBytes = 4;

    public Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        HttpRequest request = context.Request;
        int lineBytes = request.Method.Length + LineExtraBytes + (context.Features.Get<IHttpRequestFeature>()?.RawTarget.Length ?? 0);
        if (lineBytes > limits.RequestLineBytes)
        {
            return Problem.WriteAsync(context, StatusCodes.Status414UriTooLong,
                $"The first line of the request, in which prompts travel, is larger than {limits.RequestLineBytes / 1024} KiB. Put the workflow into the workspace, and give its name.");
        }

        int headerBytes = 0;
        foreach ((string name, var values) in request.Headers)
        {
            foreach (string? value in values)
                headerBytes += name.Length + (value?.Length ?? 0) + HeaderExtraBytes;
        }
        return headerBytes > limits.HeaderBytes
            ? Problem.WriteAsync(context, StatusCodes.Status431RequestHeaderFieldsTooLarge, $"The headers of the request are larger than {limits.HeaderBytes / 1024} KiB. Send fewer, or shorter ones.")
            : next(context);
    }
}
