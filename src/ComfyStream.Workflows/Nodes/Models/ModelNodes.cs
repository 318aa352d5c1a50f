namespace ComfyStream.Workflows.Nodes;

/// <summary>Nodes that run a model of the manifests.</summary>
internal static class ModelNodes
{
    public static readonly NodeDescriptor[] All =
    [
        DepthAnythingTensorrtNode.Descriptor,
        DepthMapNode.Descriptor,
        OnnxImageToImageNode.Descriptor,
        PainterlyNode.Descriptor,
    ];
}
