using ComfyStream.Server.Hosting;
using ComfyStream.Streaming;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Signaling;

/// <summary>Watching by WHEP: <c>POST /whep?streamId=...</c>.</summary>
internal sealed partial class WhepEndpoints(Relay relay, ChannelWorkflows workflows, ILogger<WhepEndpoints> logger) : IOfferHandler
{
    private const string Path = "/whep";

    public void Map(IEndpointRouteBuilder routes, LinkHeader links) =>
        new SessionResource(Path, SessionKind.Subscriber, relay, links, this).Map(routes);

    /// <summary>Says that requests are now taken.</summary>
    public void Announce() => LogConfigured();

    public async Task<SessionResult> HandleAsync(HttpContext context, string offerSdp)
    {
        string stream = context.Request.Query.TryGetValue("streamId", out var given) ? given.ToString() : "default";
        string channel = stream.Split('/', 2)[0];
        SessionResult result = await relay.SubscribeAsync(new SubscribeRequest(stream, offerSdp, workflows.DefaultOf(channel)), context.RequestAborted);

        if (result.Outcome == SessionOutcome.Created)
            LogCreated(result.Id, stream);
        else
            LogRefused(stream, result.Detail);
        return result;
    }

    public void Terminated(string id) => LogTerminated(id);

    [LoggerMessage(1, LogLevel.Information, "WHEP routes configured successfully")]
    private partial void LogConfigured();

    [LoggerMessage(2, LogLevel.Information, "WHEP: Created subscription session {Id} for stream {Stream}")]
    private partial void LogCreated(string id, string stream);

    [LoggerMessage(3, LogLevel.Information, "WHEP: Terminated subscription session {Id}")]
    private partial void LogTerminated(string id);

    [LoggerMessage(4, LogLevel.Warning, "WHEP: Refused an offer for stream {Stream}: {Detail}")]
    private partial void LogRefused(string stream, string detail);
}
