using System.Text.Json;

namespace ComfyStream.Media;

/// <summary>A value of a workflow that is to become another.</summary>
/// <param name="NodeId">The node's key in the workflow.</param>
/// <param name="Input">The input's name.</param>
/// <param name="Value">What would stand in the workflow.</param>
public sealed record WorkflowChange(string NodeId, string Input, JsonElement Value);
