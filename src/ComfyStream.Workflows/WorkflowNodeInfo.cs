using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>A node of a workflow, as a panel shows it.</summary>
/// <param name="Id">Its key in the graph.</param>
/// <param name="Descriptor">Its class.</param>
/// <param name="Values">The value of each of <see cref="NodeDescriptor.Values"/>, by name: <see cref="int"/>, <see cref="double"/>, <see cref="bool"/> or <see cref="string"/>.</param>
public sealed record WorkflowNodeInfo(string Id, NodeDescriptor Descriptor, IReadOnlyDictionary<string, object> Values);
