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
/// <param name="isStrict">Whether If-Match is asked for by the letter (RFC 9725 section 4.3).</param>
/// <param name="links">ICE servers that clients are told of.</param>
/// <param name="offers">Turns an offer into a session.</param>
/// <param name="access">What its sessions ask of the caller.</param>
/// <param name="endpointAccess">What the endpoint asks of the caller.</param>
/// <param name="address">Where clients reach us.</param>
internal sealed class SessionResource(
    string path, SessionKind kind, Relay relay, bool isStrict, LinkHeader links, IOfferHandler offers, SessionAccess access, AccessRule endpointAccess, PublicAddress address)
{
    private const string SdpMediaType = "application/sdp";
    private const string FragmentMediaType = "application/trickle-ice-sdpfrag";

    private string NoSuchSession { get; } =
        $"Resource not found. Session not found: it may have expired or been cleaned up. Start a new one by POST {path}.";

    public void Map(IEndpointRouteBuilder routes)
    {
        HttpResource endpoint = new(endpointAccess) { IsCrossOrigin = true, MakesSessions = true, Describe = DescribeEndpoint };
        endpoint.On(HttpMethods.Post, PostAsync)
            .Get(AnswerEmpty)
            .Refuse(HttpMethods.Delete, context => MissingIdAsync(endpoint, context))
            .Refuse(HttpMethods.Patch, context => MissingIdAsync(endpoint, context))
            .Map(routes, path);

        HttpResource session = new(access.OfSession) { IsCrossOrigin = true, Describe = DescribeSession };
        session.Get(GetSessionAsync)
            .On(HttpMethods.Delete, DeleteAsync)
            .On(HttpMethods.Patch, PatchAsync)
            .Map(routes, path + "/{id}");
    }

    private void DescribeEndpoint(HttpContext context)
    {
        context.Response.Headers["Accept-Post"] = SdpMediaType;
        // Clients that find PATCH here trickle: it is asked of the endpoint, and meant for the sessions.
        context.Response.Headers.AccessControlAllowMethods = CrossOrigin.Methods;
        // They may hold passwords.
        if (AccessGrant.CallerOf(context) != Caller.Nobody)
            links.AddTo(context.Response);
    }

    private static void DescribeSession(HttpContext context) => context.Response.Headers["Accept-Patch"] = FragmentMediaType;

    private Task MissingIdAsync(HttpResource endpoint, HttpContext context) =>
        endpoint.NotAllowedAsync(context, $"Method not allowed: Missing resource ID, send it to the session's Location ({path}/ID)");

    private async Task PostAsync(HttpContext context)
    {
        if (!HasContentType(context.Request, SdpMediaType))
        {
            context.Response.Headers["Accept-Post"] = SdpMediaType;
            await Problem.WriteAsync(context, StatusCodes.Status400BadRequest, "Content-Type required: Content-Type must be application/sdp");
            return;
        }

        string offer = await ReadTextAsync(context);
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
        response.Headers.Location = $"{address.Of(context)}{path}/{result.Id}";
        links.AddTo(response);
        await WriteDescriptionAsync(context, SdpMediaType, result.AnswerSdp, result.IceTag);
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

    private async Task PatchAsync(HttpContext context)
    {
        if (!relay.Contains(kind, Id(context)))
        {
            await Problem.WriteAsync(context, StatusCodes.Status404NotFound, NoSuchSession);
            return;
        }

        if (!HasContentType(context.Request, FragmentMediaType))
        {
            context.Response.Headers["Accept-Patch"] = FragmentMediaType;
            await Problem.WriteAsync(context, StatusCodes.Status415UnsupportedMediaType, $"Content-Type must be {FragmentMediaType}: only ICE can be changed in a session.");
            return;
        }

        var patch = new IcePatch(await ReadTextAsync(context), EntityTags.Read(context.Request.Headers.IfMatch), isStrict);
        IcePatchResult result = await relay.PatchAsync(kind, Id(context), patch);
        switch (result.Outcome)
        {
            case IcePatchOutcome.Trickled:
                context.Response.StatusCode = StatusCodes.Status204NoContent;
                break;
            case IcePatchOutcome.Restarted:
                await WriteDescriptionAsync(context, FragmentMediaType, result.Fragment, result.IceTag);
                break;
            case IcePatchOutcome.NotFound:
                await Problem.WriteAsync(context, StatusCodes.Status404NotFound, NoSuchSession);
                break;
            default:
                await ProblemMapping.WriteAsync(context, result);
                break;
        }
    }

    // RFC 9725 section 4.3.1: the entity tag names the ICE session.
    private static async Task WriteDescriptionAsync(HttpContext context, string mediaType, string text, string iceTag)
    {
        HttpResponse response = context.Response;
        response.Headers.ETag = EntityTags.Format(iceTag);
        response.Headers.CacheControl = "no-store";
        byte[] body = Encoding.UTF8.GetBytes(text);
        response.ContentType = mediaType;
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, context.RequestAborted);
    }

    private static string Id(HttpContext context) => (string?)context.GetRouteValue("id") ?? "";

    private static bool HasContentType(HttpRequest request, string mediaType) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type) && type.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase);

    // Kestrel refuses bodies above the limit by an exception that becomes 413, whether their length is announced or not.
    private static async Task<string> ReadTextAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8, detectEncodingFromByteOrderMarks: false);
        return await reader.ReadToEndAsync(context.RequestAborted);
    }
}
