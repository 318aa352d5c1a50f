using ComfyStream.Media;

namespace ComfyStream.Streaming;

/// <summary>A publisher's offer.</summary>
/// <param name="Channel">Channel name, <c>[A-Za-z0-9_-]{1,64}</c>.</param>
/// <param name="OfferSdp">The SDP offer.</param>
/// <param name="Workflow">The workflow for the channel; null keeps the channel's own, or <paramref name="DefaultWorkflow"/> for a new one.</param>
/// <param name="DefaultWorkflow">The workflow of a channel that has none yet.</param>
public sealed record PublishRequest(string Channel, string OfferSdp, IWorkflow? Workflow, IWorkflow DefaultWorkflow)
{
    /// <summary>Whether a publisher that is there keeps the channel: the request is then refused instead of taking over.</summary>
    public bool YieldsToPublisher { get; init; }

    /// <summary>Whoever counts as one client: see <see cref="Relay.LoadOf"/>.</summary>
    public string Client { get; init; } = "";
}

/// <summary>A viewer's offer.</summary>
/// <param name="StreamId"><c>channel</c> (processed) or <c>channel/raw</c> (as it came).</param>
/// <param name="OfferSdp">The SDP offer.</param>
/// <param name="DefaultWorkflow">The workflow of a channel that has none yet.</param>
public sealed record SubscribeRequest(string StreamId, string OfferSdp, IWorkflow DefaultWorkflow)
{
    /// <summary>Whether the request is refused while nobody publishes, instead of waiting.</summary>
    public bool NeedsPublisher { get; init; }

    /// <summary>Whoever counts as one client: see <see cref="Relay.LoadOf"/>.</summary>
    public string Client { get; init; } = "";
}
