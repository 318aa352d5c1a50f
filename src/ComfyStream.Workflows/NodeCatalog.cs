using System.Diagnostics.CodeAnalysis;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>The node classes that workflows may use. Immutable.</summary>
public sealed class NodeCatalog
{
    private readonly Dictionary<string, NodeDescriptor> _byClass;

    /// <summary>A catalog of classes; each name once.</summary>
    public NodeCatalog(params IEnumerable<NodeDescriptor>[] lists)
    {
        Descriptors = [.. lists.SelectMany(list => list)];
        _byClass = Descriptors.ToDictionary(descriptor => descriptor.ClassType);
    }

    /// <summary>Those that ship. Each folder under <c>Nodes</c> has a list of its own.</summary>
    public static NodeCatalog BuiltIn { get; } = new(TensorNodes.All, PrimitiveNodes.All, ImageNodes.All, MaskNodes.All, LiveNodes.All, ModelNodes.All);

    /// <summary>All classes.</summary>
    public IReadOnlyList<NodeDescriptor> Descriptors { get; }

    /// <summary>Finds a class by its name in workflows.</summary>
    public bool TryFind(string classType, [NotNullWhen(true)] out NodeDescriptor? descriptor) => _byClass.TryGetValue(classType, out descriptor);
}
