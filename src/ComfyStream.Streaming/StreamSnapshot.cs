using ComfyStream.Media;

namespace ComfyStream.Streaming;

/// <summary>What the statistics say of one stream.</summary>
/// <param name="Channel">Channel name.</param>
/// <param name="Workflow">Name of its workflow.</param>
/// <param name="HasPublisher">Whether a publisher's session exists.</param>
/// <param name="PublisherConnected">Whether that session is connected.</param>
/// <param name="ProcessedFrames">Frames that left the workflow (or were forwarded).</param>
/// <param name="ReplacedFrames">Frames that a newer one replaced before they were processed: the model was slower than the camera.</param>
/// <param name="FailedFrames">Frames that the workflow failed on.</param>
/// <param name="Error">What the workflow or a codec failed with last, or "".</param>
/// <param name="Width">Width of the processed picture, 0 before the first.</param>
/// <param name="Height">Height of the processed picture, 0 before the first.</param>
/// <param name="Stages">Milliseconds a frame takes: of each stage over the last frames.</param>
public sealed record StreamSnapshot(
    string Channel,
    string Workflow,
    bool HasPublisher,
    bool PublisherConnected,
    long ProcessedFrames,
    long ReplacedFrames,
    long FailedFrames,
    string Error,
    int Width,
    int Height,
    IReadOnlyList<StageSnapshot> Stages)
{
    /// <summary>What viewers of the processed stream see: live, last picture, input, slate; with the reason.</summary>
    public string Shows { get; init; } = "";

    /// <summary>Times that viewers saw a slate, or the input in place of a failing workflow.</summary>
    public long Interruptions { get; init; }

    /// <summary>Slates sent, one a second.</summary>
    public long Slates { get; init; }

    /// <summary>Failures of the codecs and the workflow.</summary>
    public long Failures { get; init; }

    /// <summary>Results of the workflow that came after their deadline.</summary>
    public long LateFrames { get; init; }

    /// <summary>Calls of the workflow that took so long that they were asked to end.</summary>
    public long Hangs { get; init; }

    /// <summary>Of these, those that did not end even so; after the third the workflow is stopped.</summary>
    public long Abandoned { get; init; }

    /// <summary>Whether the input is coded again, for viewers who cannot play it as it comes.</summary>
    public bool IsTranscoding { get; init; }

    /// <summary>How far the pipeline is.</summary>
    public PipelineState State { get; init; }

    /// <summary>What each node of the running workflow has cost; empty when it forwards.</summary>
    public IReadOnlyList<NodeSnapshot> Nodes { get; init; } = [];
}

/// <summary>How far a pipeline is: ComfyStream's states.</summary>
public enum PipelineState
{
    /// <summary>Nobody publishes.</summary>
    Uninitialized,

    /// <summary>There is a publisher, and no picture has come through yet.</summary>
    Initializing,

    /// <summary>Pictures come through, and nobody watches, or none comes now.</summary>
    Ready,

    /// <summary>Viewers see pictures.</summary>
    Streaming,

    /// <summary>The workflow or a codec fails; the error says why.</summary>
    Error,
}

/// <summary>What a node has cost.</summary>
/// <param name="NodeId">Its key in the workflow; for a conversion that of the node whose picture is converted.</param>
/// <param name="ClassType">Its class, or a conversion's name.</param>
/// <param name="Runs">How often it ran.</param>
/// <param name="MeanMilliseconds">Mean of all runs.</param>
/// <param name="LastMilliseconds">The newest run.</param>
public sealed record NodeSnapshot(string NodeId, string ClassType, long Runs, double MeanMilliseconds, double LastMilliseconds)
{
    internal static NodeSnapshot Of(NodeTiming timing) => new(
        timing.NodeId,
        timing.ClassType,
        timing.RunCount,
        Math.Round(timing.Total.TotalMilliseconds / Math.Max(1, timing.RunCount), 4),
        Math.Round(timing.Last.TotalMilliseconds, 4));
}

/// <summary>Times of one stage.</summary>
/// <param name="Name">decode, process, encode, latency (last packet of a frame in to last packet out, once for each event loop with viewers).</param>
/// <param name="Frames">Frames measured so far.</param>
/// <param name="MedianMilliseconds">Median.</param>
/// <param name="P95Milliseconds">95th percentile.</param>
/// <param name="P99Milliseconds">99th percentile.</param>
/// <param name="MaxMilliseconds">The longest.</param>
/// <param name="MeanCpuMilliseconds">CPU time a frame on the stage's thread, mean since the start; 0 where it is not a thread's work.</param>
public sealed record StageSnapshot(
    string Name, long Frames, double MedianMilliseconds, double P95Milliseconds, double P99Milliseconds, double MaxMilliseconds, double MeanCpuMilliseconds);
