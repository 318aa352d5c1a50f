using ComfyStream.Server.Access;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Limits;
using ComfyStream.Streaming;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Signaling;

/// <summary>Watching by WHEP: <c>POST /whep?streamId=...</c>.</summary>
internal sealed partial class WhepEndpoints(Relay relay, ChannelWorkflows workflows, SignalingPolicy policy, ILogger<WhepEndpoints> logger) : IOfferHandler
{
    private const string Path = "/whep";

    public void Map(IEndpointRouteBuilder routes, LinkHeader links, SessionAccess access, PublicAddress address) =>
        new SessionResource(Path, SessionKind.Subscriber, relay, policy.IsStrict, links, this, access, access.Watching, address).Map(routes);

    /// <summary>Says that requests are now taken.</summary>
    public void Announce() => LogConfigured();

    public async Task<SessionResult> HandleAsync(HttpContext context, string offerSdp)
    {
        string stream = StreamQuery.StreamId(context.Request);
        string channel = stream.Split('/', 2)[0];
        var request = new SubscribeRequest(stream, offerSdp, workflows.DefaultOf(channel))
        {
            NeedsPublisher = policy.NeedsPublisher(channel),
            Client = RateLimiter.KeyOf(context.Connection.RemoteIpAddress),
        };
        SessionResult result = await relay.SubscribeAsync(request, context.RequestAborted);

        if (result.Outcome != SessionOutcome.Created)
            LogRefused(stream, result.Detail);
        return result;
    }

    [LoggerMessage(1, LogLevel.Information, "WHEP routes configured successfully")]
    private partial void LogConfigured();

    [LoggerMessage(2, LogLevel.Warning, "WHEP: Refused an offer for stream {Stream}: {Detail}")]
    private partial void LogRefused(string stream, string detail);
}
