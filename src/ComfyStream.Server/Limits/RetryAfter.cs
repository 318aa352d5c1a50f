using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Limits;

/// <summary>The header that says when to come back (RFC 9110 section 10.2.3), in whole seconds.</summary>
internal static class RetryAfter
{
    /// <summary>For what passes by itself.</summary>
    public static TimeSpan Soon { get; } = TimeSpan.FromSeconds(5);

    public static void Set(HttpResponse response, TimeSpan wait) =>
        response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
