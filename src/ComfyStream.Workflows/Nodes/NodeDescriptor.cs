using ComfyStream.Workflows.Models;

namespace ComfyStream.Workflows.Nodes;

/// <summary>Where a node stands in a workflow.</summary>
internal enum NodeRole
{
    /// <summary>It computes.</summary>
    Processing,

    /// <summary>It stands for the stream's picture.</summary>
    Input,

    /// <summary>What is linked to it is the workflow's result.</summary>
    Output,
}

/// <summary>
/// All that is known of a node class: the one place that validation, execution and any description for clients read. Immutable.
/// </summary>
internal sealed class NodeDescriptor
{
    private readonly IReadOnlyList<NodeInput> _inputs = [];

    public required string ClassType { get; init; }

    public NodeRole Role { get; init; } = NodeRole.Processing;

    /// <summary>In the order in which a user sees them.</summary>
    public required IReadOnlyList<NodeInput> Inputs
    {
        get => _inputs;
        init
        {
            _inputs = value;
            Links = [.. value.OfType<LinkInput>()];
            Values = [.. value.OfType<ValueInput>()];
        }
    }

    /// <summary>Inputs that come from other nodes. A running node names them by their place here.</summary>
    public IReadOnlyList<LinkInput> Links { get; private init; } = [];

    /// <summary>Inputs written in the workflow.</summary>
    public IReadOnlyList<ValueInput> Values { get; private init; } = [];

    public IReadOnlyList<LinkType> Outputs { get; init; } = [];

    /// <summary>Place in <see cref="Links"/> of the picture that the node can turn into its result without another; -1 if none.</summary>
    public int Overwritable { get; init; } = -1;

    /// <summary>Makes one for a stream. Null for nodes that only mark a place.</summary>
    public Func<NodeSettings, ModelStore, Node>? Create { get; init; }
}
