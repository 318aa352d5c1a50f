namespace ComfyStream.Workflows;

/// <summary>A picture does not fit into I420, and nodes that could work in RGB would lose some of it.</summary>
/// <param name="nodes">Those that are to work in RGB.</param>
internal sealed class OddSizeException(IReadOnlyList<GraphNode> nodes) : Exception("a picture of an odd size; its nodes work in RGB from the next one on")
{
    public IReadOnlyList<GraphNode> Nodes => nodes;
}
