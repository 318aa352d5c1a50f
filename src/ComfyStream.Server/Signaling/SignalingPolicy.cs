using ComfyStream.Server.Options;

namespace ComfyStream.Server.Signaling;

/// <summary>What the operator chose where the protocols leave a choice. Immutable.</summary>
internal sealed class SignalingPolicy(ServeOptions options)
{
    /// <summary>Whether every PATCH needs If-Match.</summary>
    public bool IsStrict => options.SignalingStrict;

    /// <summary>Whether viewers of a channel are refused while nobody publishes.</summary>
    public bool NeedsPublisher(string channel) => options.Channels.GetValueOrDefault(channel)?.RejectsIdle ?? options.RejectsIdle;

    /// <summary>Whether a second publisher of a channel is refused.</summary>
    public bool YieldsToPublisher(string channel) => options.Channels.GetValueOrDefault(channel)?.RejectsTakeover ?? options.RejectsTakeover;
}
