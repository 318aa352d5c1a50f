using System.Security.Cryptography;
using ComfyStream.Server.Options;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ComfyStream.Server.Signaling;

/// <summary>
/// Tells clients of ICE servers (RFC 9725 section 4.6): one header line a server, attributes in the order that readers in the
/// field match by regular expression. TURN servers that share a secret get a new user and password for every answer.
/// </summary>
/// <param name="servers">In the order in which clients are told of them.</param>
/// <param name="secret">Of TURN servers that have none of their own.</param>
/// <param name="lifetime">How long a new user may allocate.</param>
/// <param name="clock">The wall clock, which the TURN server's should agree with.</param>
internal sealed class LinkHeader(IReadOnlyList<IceServer> servers, SharedSecret? secret, TimeSpan lifetime, TimeProvider clock)
{
    // The name tells clients apart in the TURN server's quotas and log, and says nothing of them.
    private const int NameBytes = 8;

    private readonly StringValues _fixedLines = servers.Any(server => server.NeedsSecret) ? StringValues.Empty : Format(servers);

    public void AddTo(HttpResponse response)
    {
        if (servers.Count > 0)
            response.Headers.Link = _fixedLines.Count > 0 ? _fixedLines : Format(servers.Select(WithCredentials));
    }

    public static string Format(IceServer server) => server.UserName is null
        ? $"<{server.Uri}>; rel=\"ice-server\""
        : $"<{server.Uri}>; rel=\"ice-server\"; username=\"{Escape(server.UserName)}\"; credential=\"{Escape(server.Credential ?? "")}\"; credential-type=\"password\"";

    private static StringValues Format(IEnumerable<IceServer> servers) => new([.. servers.Select(Format)]);

    // draft-uberti-behave-turn-rest-00 section 2.2.
    private IceServer WithCredentials(IceServer server)
    {
        if (!server.NeedsSecret)
            return server;
        string user = $"{(clock.GetUtcNow() + lifetime).ToUnixTimeSeconds()}:{RandomNumberGenerator.GetHexString(2 * NameBytes, lowercase: true)}";
        return server with { UserName = user, Credential = (server.Secret ?? secret)!.Sign(user) };
    }

    // quoted-string, RFC 9110 section 5.6.4.
    private static string Escape(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
