namespace ComfyStream.Streaming;

/// <summary>Publisher or viewer.</summary>
public enum SessionKind
{
    /// <summary>A publisher (WHIP).</summary>
    Publisher,

    /// <summary>A viewer (WHEP).</summary>
    Subscriber,
}

/// <summary>What the statistics say of one session.</summary>
/// <param name="Id">Resource id.</param>
/// <param name="StreamId">Channel, or stream that is watched.</param>
/// <param name="CreatedAt">Wall clock.</param>
/// <param name="ConnectionState">RTCPeerConnection's word, lower case.</param>
/// <param name="HasVideo">Whether the session carries a picture.</param>
/// <param name="HasAudio">Whether the session carries sound.</param>
/// <param name="Notes">Why a section that the offer asked for was answered inactive, and the like; may be empty.</param>
/// <param name="FramesReceived">Video frames received whole (publisher).</param>
/// <param name="FramesSent">Video frames sent (viewer).</param>
/// <param name="FramesDropped">Video frames lost or skipped.</param>
/// <param name="KeyFrameRequests">Requests sent to the publisher, or received from the viewer.</param>
public sealed record SessionSnapshot(
    string Id,
    string StreamId,
    DateTimeOffset CreatedAt,
    string ConnectionState,
    bool HasVideo,
    bool HasAudio,
    IReadOnlyList<string> Notes,
    long FramesReceived,
    long FramesSent,
    long FramesDropped,
    long KeyFrameRequests);
