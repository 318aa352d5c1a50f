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
/// All that is known of a node class: the one place that validation, compilation, ComfyUI's <c>/object_info</c> and parameter panels
/// read. Immutable.
/// </summary>
public sealed class NodeDescriptor
{
    private readonly IReadOnlyList<NodeInput> _inputs = [];
    private readonly string? _displayName;

    /// <summary>Its name in workflows, such as <c>ImageInvert</c>.</summary>
    public required string ClassType { get; init; }

    /// <summary>Its name for people; by default <see cref="ClassType"/>.</summary>
    public string DisplayName
    {
        get => _displayName ?? ClassType;
        init => _displayName = value;
    }

    /// <summary>Where menus show it: ComfyUI's own category for its classes, such as <c>image/upscaling</c>.</summary>
    public string Category { get; init; } = "";

    /// <summary>What it does, in a sentence or two.</summary>
    public string Description { get; init; } = "";

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

    /// <summary>Inputs that are settled before the first picture.</summary>
    public IReadOnlyList<ValueInput> Values { get; private init; } = [];

    /// <summary>What it gives. A running node, and links, name them by their place here.</summary>
    public IReadOnlyList<NodeOutput> Outputs { get; init; } = [];

    /// <summary>
    /// Formats that it can work in, the one it is fastest in first. In a given workflow all its pictures, in and out, are of one of
    /// them: see <see cref="NodeContext.Format"/>. Of no account for a node without pictures.
    /// </summary>
    public IReadOnlyList<PictureFormat> Formats { get; init; } = [PictureFormat.I420];

    /// <summary>Place in <see cref="Links"/> of the picture that the node can turn into its first output without another; -1 if none.</summary>
    public int Overwritable { get; init; } = -1;

    /// <summary>
    /// Whether the result depends on nothing but this picture's inputs and the settings: not on pictures before, time or chance.
    /// Such a node runs once where its inputs never change, and once where the graph has it twice.
    /// </summary>
    public bool IsPure { get; init; }

    /// <summary>Makes one for a stream. Null for nodes that only give values or mark a place.</summary>
    public Func<NodeSettings, NodeResources, Node>? Create { get; init; }

    /// <summary>
    /// For a class whose outputs are all values (<see cref="LinkType.IsValue"/>): computes them, one for each output, as
    /// <see cref="int"/>, <see cref="double"/>, <see cref="string"/> or <see cref="bool"/>. Called when a workflow is compiled.
    /// </summary>
    public Func<NodeSettings, object[]>? Evaluate { get; init; }

    internal NodeRole Role { get; init; } = NodeRole.Processing;
}
