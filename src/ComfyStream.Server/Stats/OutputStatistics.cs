using ComfyStream.Streaming;

namespace ComfyStream.Server.Stats;

/// <summary>What viewers of a publisher's channel see, and what went wrong on the way, in <c>/whip-stats</c>.</summary>
/// <param name="Shows">live, last picture, input or slate, with the reason.</param>
/// <param name="Error">What failed last and does not work again yet, or "".</param>
internal sealed record OutputStatistics(
    string Workflow,
    string Shows,
    string Error,
    long Frames,
    long Replaced,
    long Failed,
    long Late,
    long Hangs,
    long Abandoned,
    long Failures,
    long Interruptions,
    long Slates,
    bool Transcoding)
{
    public static OutputStatistics From(StreamSnapshot stream) => new(
        stream.Workflow,
        stream.Shows,
        stream.Error,
        stream.ProcessedFrames,
        stream.ReplacedFrames,
        stream.FailedFrames,
        stream.LateFrames,
        stream.Hangs,
        stream.Abandoned,
        stream.Failures,
        stream.Interruptions,
        stream.Slates,
        stream.IsTranscoding);
}
