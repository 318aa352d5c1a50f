using System.Text.Json.Serialization;
using ComfyStream.Streaming;

namespace ComfyStream.Server.Stats;

/// <summary>One session in <c>/whip-stats</c> and <c>/whep-stats</c>. The first four fields are the brief's.</summary>
internal sealed record SessionStatistics(
    decimal CreatedAt,
    string ConnectionState,
    bool HasVideo,
    bool HasAudio,
    string Stream,
    IReadOnlyList<string> Notes,
    long FramesReceived,
    long FramesSent,
    long FramesDropped,
    long KeyFrameRequests)
{
    /// <summary>What becomes of a publisher's frames; null for viewers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OutputStatistics? Output { get; init; }

    /// <summary>The living sessions of a kind, by resource id.</summary>
    public static Dictionary<string, SessionStatistics> Of(Relay relay, SessionKind kind)
    {
        var byId = new Dictionary<string, SessionStatistics>();
        IReadOnlyList<StreamSnapshot> streams = kind == SessionKind.Publisher ? relay.Streams() : [];
        foreach (SessionSnapshot session in relay.Sessions(kind))
        {
            StreamSnapshot? stream = streams.FirstOrDefault(stream => stream.Channel == session.StreamId);
            byId[session.Id] = From(session) with { Output = stream is null ? null : OutputStatistics.From(stream) };
        }

        return byId;
    }

    private static SessionStatistics From(SessionSnapshot session) => new(
        UnixSeconds(session.CreatedAt),
        session.ConnectionState,
        session.HasVideo,
        session.HasAudio,
        session.StreamId,
        session.Notes,
        session.FramesReceived,
        session.FramesSent,
        session.FramesDropped,
        session.KeyFrameRequests);

    // A decimal keeps its three places in JSON even when they are zero.
    private static decimal UnixSeconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() * 0.001m;
}
