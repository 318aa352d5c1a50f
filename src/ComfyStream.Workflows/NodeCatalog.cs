using System.Diagnostics.CodeAnalysis;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows;

/// <summary>The node classes that workflows may use. Immutable.</summary>
internal sealed class NodeCatalog(IEnumerable<NodeDescriptor> descriptors)
{
    private readonly Dictionary<string, NodeDescriptor> _byClass = descriptors.ToDictionary(descriptor => descriptor.ClassType);

    /// <summary>Those that ship.</summary>
    public static NodeCatalog BuiltIn { get; } = new(
    [
        LoadTensorNode.Descriptor,
        SaveTensorNode.Descriptor,
        PersonSegmentationNode.Descriptor,
        GaussianBlurNode.Descriptor,
        ImageCompositeMaskedNode.Descriptor,
        ImageInvertNode.Descriptor,
        DetectFacesNode.Descriptor,
        BlurBoxesNode.Descriptor,
    ]);

    public IEnumerable<string> ClassTypes => _byClass.Keys;

    public bool TryFind(string classType, [NotNullWhen(true)] out NodeDescriptor? descriptor) => _byClass.TryGetValue(classType, out descriptor);
}
