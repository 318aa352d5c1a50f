using System.Text;
using ComfyStream.Server.Access;
using ComfyStream.Streaming;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;

namespace ComfyStream.Server.Signaling;

/// <summary>
/// What WHIP (RFC 9725) and WHEP share over HTTP: an endpoint that takes offers, and under it one resource a session.
/// </summary>
/// <param name="path"><c>/whip</c> or <c>/whep</c>.</param>
/// <param name="kind">The sessions behind it.</param>
/// <param name="relay">Where they live.</param>
/// <param name="links">ICE servers that clients are told of.</param>
/// <param name="offers">Turns an offer into a session.</param>
/// <param name="access">What its sessions ask of the caller.</param>
/// <param name="endpointAccess">What the endpoint asks of the caller.</param>
internal sealed class SessionResource(
    string path, SessionKind kind, Relay relay, LinkHeader links, IOfferHandler offers, SessionAccess access, AccessRule endpointAccess)
{
    /// <summary>Largest offer. Browsers send 2 to 10 KiB.</summary>
    public const int MaxOfferBytes = 64 * 1024;

    private const string SdpMediaType = "application/sdp";

    private string NoSuchSession { get; } =
        $"Resource not found. Session not found: it may have expired or been cleaned up. Start a new one by POST {path}.";

    public void Map(IEndpointRouteBuilder routes)
    {
        HttpResource endpoint = new(endpointAccess) { IsCrossOrigin = true, Describe = DescribeEndpoint };
        endpoint.On(HttpMethods.Post, PostAsync)
            .Get(AnswerEmpty)
            .Refuse(HttpMethods.Delete, context => MissingIdAsync(endpoint, context))
            .Refuse(HttpMethods.Patch, context => MissingIdAsync(endpoint, context))
            .Map(routes, path);

        HttpResource session = new(access.OfSession) { IsCrossOrigin = true };
        session.Get(GetSessionAsync)
            .On(HttpMethods.Delete, DeleteAsync)
            .Refuse(HttpMethods.Patch, context => PatchAsync(session, context))
            .Map(routes, path + "/{id}");
    }

    private void DescribeEndpoint(HttpContext context)
    {
        context.Response.Headers["Accept-Post"] = SdpMediaType;
        // They may hold passwords.
        if (AccessGrant.CallerOf(context) != Caller.Nobody)
            links.AddTo(context.Response);
    }

    private Task MissingIdAsync(HttpResource endpoint, HttpContext context) =>
        endpoint.NotAllowedAsync(context, $"Method not allowed: Missing resource ID, send it to the session's Location ({path}/ID)");

    private async Task PostAsync(HttpContext context)
    {
        if (!HasSdpContentType(context.Request))
        {
            context.Response.Headers["Accept-Post"] = SdpMediaType;
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "Content-Type required: Content-Type must be application/sdp");
            return;
        }

        string offer = await ReadOfferAsync(context);
        if (string.IsNullOrWhiteSpace(offer))
        {
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "Empty SDP offer: the body must be the offer of a WebRTC peer connection.");
            return;
        }

        SessionResult result = await offers.HandleAsync(context, offer);
        if (result.Outcome != SessionOutcome.Created)
        {
            await ProblemMapping.WriteAsync(context, result);
            return;
        }

        access.Owners.Remember(context, result.Id);
        HttpResponse response = context.Response;
        response.StatusCode = StatusCodes.Status201Created;
        response.Headers.Location = $"{Origin(context)}{path}/{result.Id}";
        response.Headers.CacheControl = "no-store";
        links.AddTo(response);
        byte[] body = Encoding.UTF8.GetBytes(result.AnswerSdp);
        response.ContentType = SdpMediaType;
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, context.RequestAborted);
    }

    // WHEP draft 2026-04: GET and HEAD are answered 2xx without content, so that players can tell what the URL is.
    private static Task AnswerEmpty(HttpContext context)
    {
        context.Response.ContentType = SdpMediaType;
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }

    private Task GetSessionAsync(HttpContext context) =>
        relay.Contains(kind, Id(context)) ? AnswerEmpty(context) : Problem.WriteAsync(context, StatusCodes.Status404NotFound, NoSuchSession);

    private async Task DeleteAsync(HttpContext context)
    {
        if (!await relay.TerminateAsync(kind, Id(context)))
        {
            await Problem.WriteAsync(context, StatusCodes.Status404NotFound, NoSuchSession);
            return;
        }
        context.Response.ContentLength = 0;
    }

    private Task PatchAsync(HttpResource session, HttpContext context) => relay.Contains(kind, Id(context))
        ? session.NotAllowedAsync(context, "Method not allowed - ICE operations not supported")
        : Problem.WriteAsync(context, StatusCodes.Status404NotFound, NoSuchSession);

    private static string Id(HttpContext context) => (string?)context.GetRouteValue("id") ?? "";

    private static bool HasSdpContentType(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type) && type.MediaType.Equals(SdpMediaType, StringComparison.OrdinalIgnoreCase);

    // Kestrel refuses bodies above the limit by an exception that becomes 413, whether their length is announced or not.
    private static async Task<string> ReadOfferAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8, detectEncodingFromByteOrderMarks: false);
        return await reader.ReadToEndAsync(context.RequestAborted);
    }

    // The Host that the client asked for is where it reaches us; HTTP/1.0 may leave it out.
    private static string Origin(HttpContext context)
    {
        HttpRequest request = context.Request;
        string host = request.Host.HasValue ? request.Host.ToUriComponent() : new System.Net.IPEndPoint(context.Connection.LocalIpAddress!, context.Connection.LocalPort).ToString();
        return $"{request.Scheme}://{host}";
    }
}
