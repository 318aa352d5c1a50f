using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Signaling;

/// <summary>
/// Where a client reaches us, for absolute addresses in answers: as configured, or else the Host that it asked for, which a trusted
/// proxy may have told us of.
/// </summary>
/// <param name="configured">Perhaps with a path before the endpoints; null: nothing is configured.</param>
internal sealed class PublicAddress(Uri? configured)
{
    private readonly string? _configured = configured?.GetLeftPart(UriPartial.Path).TrimEnd('/');

    /// <summary>What goes before the path of an endpoint, as <c>https://relay.example.org</c>.</summary>
    public string Of(HttpContext context)
    {
        if (_configured is not null)
            return _configured;
        // HTTP/1.0 may leave Host out.
        HttpRequest request = context.Request;
        string host = request.Host.HasValue ? request.Host.ToUriComponent() : new System.Net.IPEndPoint(context.Connection.LocalIpAddress!, context.Connection.LocalPort).ToString();
        return $"{request.Scheme}://{host}";
    }
}
