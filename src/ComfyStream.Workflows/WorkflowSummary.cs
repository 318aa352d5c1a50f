namespace ComfyStream.Workflows;

/// <summary>A workflow that can be named.</summary>
/// <param name="Name">Name of its file without <c>.json</c>.</param>
/// <param name="Description">One sentence, from <c>_meta.description</c> of the file's <c>SaveTensor</c> node; may be empty.</param>
public sealed record WorkflowSummary(string Name, string Description);
