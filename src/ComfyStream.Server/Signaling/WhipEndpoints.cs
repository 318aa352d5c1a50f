using ComfyStream.Media;
using ComfyStream.Server.Access;
using ComfyStream.Server.Hosting;
using ComfyStream.Server.Limits;
using ComfyStream.Streaming;
using ComfyStream.Workflows;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Server.Signaling;

/// <summary>Publishing by WHIP (RFC 9725): <c>POST /whip?channelId=...&amp;prompts=...</c>.</summary>
internal sealed partial class WhipEndpoints(Relay relay, WorkflowLibrary library, ChannelWorkflows workflows, SignalingPolicy policy, ILogger<WhipEndpoints> logger) : IOfferHandler
{
    private const string Path = "/whip";

    public void Map(IEndpointRouteBuilder routes, LinkHeader links, SessionAccess access, PublicAddress address) =>
        new SessionResource(Path, SessionKind.Publisher, relay, policy.IsStrict, links, this, access, access.Publishing, address).Map(routes);

    /// <summary>Says that requests are now taken.</summary>
    public void Announce() => LogConfigured();

    public async Task<SessionResult> HandleAsync(HttpContext context, string offerSdp)
    {
        string channel = StreamQuery.ChannelId(context.Request);
        string prompts = context.Request.Query["prompts"].ToString();

        SessionResult result;
        IWorkflow? workflow = null;
        if (prompts.Length > 0 && !library.TryResolve(prompts, out workflow, out string problem))
        {
            result = new SessionResult(SessionOutcome.MalformedOffer, "", "", $"Invalid prompts: {problem}");
        }
        else
        {
            var request = new PublishRequest(channel, offerSdp, workflow, workflows.DefaultOf(channel))
            {
                YieldsToPublisher = policy.YieldsToPublisher(channel),
                Client = RateLimiter.KeyOf(context.Connection.RemoteIpAddress),
            };
            result = await relay.PublishAsync(request, context.RequestAborted);
        }

        if (result.Outcome != SessionOutcome.Created)
            LogRefused(channel, result.Detail.ReplaceLineEndings("; "));
        return result;
    }

    [LoggerMessage(1, LogLevel.Information, "WHIP routes configured successfully")]
    private partial void LogConfigured();

    [LoggerMessage(2, LogLevel.Warning, "WHIP: Refused an offer for channel {Channel}: {Detail}")]
    private partial void LogRefused(string channel, string detail);
}
