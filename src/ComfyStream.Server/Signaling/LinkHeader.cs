using ComfyStream.Server.Options;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ComfyStream.Server.Signaling;

/// <summary>
/// Tells clients of ICE servers (RFC 9725 section 4.6): one header line a server, attributes in the order that readers in the
/// field match by regular expression.
/// </summary>
internal sealed class LinkHeader(IReadOnlyList<IceServer> servers)
{
    private readonly StringValues _lines = new([.. servers.Select(Format)]);

    public void AddTo(HttpResponse response)
    {
        if (_lines.Count > 0)
            response.Headers.Link = _lines;
    }

    public static string Format(IceServer server) => server.UserName is null
        ? $"<{server.Uri}>; rel=\"ice-server\""
        : $"<{server.Uri}>; rel=\"ice-server\"; username=\"{Escape(server.UserName)}\"; credential=\"{Escape(server.Credential ?? "")}\"; credential-type=\"password\"";

    // quoted-string, RFC 9110 section 5.6.4.
    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
