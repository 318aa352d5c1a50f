using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>A graph without problems: every class known, every link of the right type, every value in range, no cycles. Immutable once built.</summary>
/// <param name="Nodes">All nodes.</param>
/// <param name="Output">The one <c>SaveTensor</c>.</param>
/// <param name="Description">The output node's <c>_meta.description</c>, or empty.</param>
internal sealed record WorkflowGraph(IReadOnlyList<GraphNode> Nodes, GraphNode Output, string Description);

/// <summary>A checked node.</summary>
internal sealed class GraphNode(string id, NodeDescriptor descriptor)
{
    public string Id { get; } = id;

    public NodeDescriptor Descriptor { get; } = descriptor;

    public NodeSettings Settings { get; } = new();

    /// <summary>Where each of <see cref="NodeDescriptor.Links"/> comes from; null where it is optional and not connected.</summary>
    public GraphLink?[] Links { get; } = new GraphLink?[descriptor.Links.Count];

    /// <summary>Nodes that gave values to <see cref="Settings"/>.</summary>
    public List<GraphNode> ValueSources { get; } = [];
}

/// <summary>An output of a node.</summary>
internal sealed record GraphLink(GraphNode Source, int Output);
