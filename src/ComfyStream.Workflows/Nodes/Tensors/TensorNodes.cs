namespace ComfyStream.Workflows.Nodes;

/// <summary>Where pictures come from and where they go.</summary>
internal static class TensorNodes
{
    public static readonly NodeDescriptor[] All =
    [
        LoadTensorNode.Descriptor,
        SaveTensorNode.Descriptor,
        LoadTensorNode.PrimaryInput,
        LoadImageNode.Descriptor,
        SaveTensorNode.PreviewImage,
        SaveTensorNode.SaveImage,
    ];
}
