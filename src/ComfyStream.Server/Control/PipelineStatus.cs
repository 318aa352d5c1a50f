using ComfyStream.Streaming;
using ComfyStream.Workflows;

namespace ComfyStream.Server.Control;

/// <summary>Answer of <c>/streams/{channel}/pipelines/{pipeline}</c>.</summary>
/// <param name="Shows">What viewers see.</param>
/// <param name="Error">What failed last and does not work again yet, or "".</param>
/// <param name="Frames">Pictures that left the workflow, or were forwarded.</param>
/// <param name="Nodes">What each node of the running workflow has cost.</param>
internal sealed record PipelineStatus(
    string Channel,
    string Pipeline,
    string Workflow,
    string Description,
    PipelineState State,
    string Shows,
    string Error,
    long Frames,
    long Replaced,
    long Failed,
    long Late,
    int Width,
    int Height,
    IReadOnlyList<StageSnapshot> Stages,
    IReadOnlyList<NodeSnapshot> Nodes)
{
    public static PipelineStatus Of(string channel, string pipeline, Workflow workflow, StreamSnapshot? stream) => new(
        channel,
        pipeline,
        workflow.Name,
        workflow.Description,
        stream?.State ?? PipelineState.Uninitialized,
        stream?.Shows ?? "",
        stream?.Error ?? "",
        stream?.ProcessedFrames ?? 0,
        stream?.ReplacedFrames ?? 0,
        stream?.FailedFrames ?? 0,
        stream?.LateFrames ?? 0,
        stream?.Width ?? 0,
        stream?.Height ?? 0,
        stream?.Stages ?? [],
        stream?.Nodes ?? []);
}
