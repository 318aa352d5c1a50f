namespace ComfyStream.Workflows.Nodes;

/// <summary>An output of a node class.</summary>
/// <param name="Name">As ComfyUI shows it; by custom the type's name.</param>
/// <param name="Type">What it gives.</param>
public sealed record NodeOutput(string Name, LinkType Type)
{
    /// <summary>An output named by its type.</summary>
    public static implicit operator NodeOutput(LinkType type) => new(type.Name, type);
}
