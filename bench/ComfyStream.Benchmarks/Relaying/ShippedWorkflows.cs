using ComfyStream.Media;
using ComfyStream.Workflows;

namespace ComfyStream.Benchmarks.Relaying;

/// <summary>The workflows and models that ship, from the repository's folders.</summary>
internal static class ShippedWorkflows
{
    public static WorkflowLibrary Open(VideoFramePool frames) =>
        new([Path.Combine(Repository.Root, "workflows")], [Path.Combine(Repository.Root, "models")], frames);

    /// <exception cref="ArgumentException">There is none of that name.</exception>
    public static IWorkflow Find(WorkflowLibrary library, string name) =>
        library.TryResolve(name, out IWorkflow? workflow, out string problem) ? workflow! : throw new ArgumentException(problem);
}
