using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace ComfyStream.Server.Signaling;

/// <summary>Entity tags (RFC 9110 section 8.8.3), which name ICE sessions here (RFC 9725 section 4.3.1).</summary>
internal static class EntityTags
{
    public static string Format(string tag) => $"\"{tag}\"";

    /// <summary>
    /// The strong tags of an If-Match without their quotes, and <c>*</c>, which RFC 9725 writes in quotes in its example; null when there is no
    /// If-Match. Weak tags are left out: If-Match compares strongly (RFC 9110 section 13.1.1).
    /// </summary>
    public static IReadOnlyList<string>? Read(StringValues ifMatch)
    {
        if (ifMatch.Count == 0)
            return null;
        return EntityTagHeaderValue.TryParseList([.. ifMatch.OfType<string>()], out IList<EntityTagHeaderValue>? tags)
            ? [.. tags.Where(tag => !tag.IsWeak).Select(tag => tag.Tag.Value!.Trim('"'))]
            : [];
    }
}
