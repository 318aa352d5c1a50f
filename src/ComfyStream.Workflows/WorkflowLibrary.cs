using ComfyStream.Media;

namespace ComfyStream.Workflows;

/// <summary>Finds workflows by name, file or JSON: in the workspace first, then among those that ship. Thread-safe.</summary>
public sealed class WorkflowLibrary : IDisposable
{
    /// <param name="workflowFolders">Folders with <c>NAME.json</c> files, searched in order.</param>
    /// <param name="modelFolders">Folders with model files, searched in order.</param>
    /// <param name="frames">Pool of the frames that processors make.</param>
    public WorkflowLibrary(IReadOnlyList<string> workflowFolders, IReadOnlyList<string> modelFolders, VideoFramePool frames) => throw new NotImplementedException();

    /// <summary>The workflow that forwards its input.</summary>
    public IWorkflow Passthrough => throw new NotImplementedException();

    /// <summary>The workflows that can be named, by name.</summary>
    public IReadOnlyList<WorkflowSummary> List() => throw new NotImplementedException();

    /// <summary>
    /// Reads a workflow from what a client sent: API-format JSON (when it begins with <c>{</c> or <c>[</c>; a list holds one graph) or a name.
    /// Never opens a path. When false, <paramref name="problem"/> says all that is wrong, naming node and reason, and does not echo the graph.
    /// </summary>
    public bool TryResolve(string nameOrJson, out IWorkflow? workflow, out string problem) => throw new NotImplementedException();

    /// <summary>The same for the operator, who may also name a file.</summary>
    public bool TryResolveNameOrFile(string nameOrFile, out IWorkflow? workflow, out string problem) => throw new NotImplementedException();

    /// <summary>Frees the models. Processors must have been disposed before.</summary>
    public void Dispose() => throw new NotImplementedException();
}

/// <summary>A workflow that can be named.</summary>
/// <param name="Name">Name of its file without <c>.json</c>.</param>
/// <param name="Description">One sentence, from <c>_meta.description</c> of the file's <c>SaveTensor</c> node; may be empty.</param>
public sealed record WorkflowSummary(string Name, string Description);
