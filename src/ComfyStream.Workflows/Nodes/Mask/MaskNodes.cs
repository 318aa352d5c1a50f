namespace ComfyStream.Workflows.Nodes;

/// <summary>Nodes that make or read masks, named as in ComfyUI.</summary>
internal static class MaskNodes
{
    public static readonly NodeDescriptor[] All =
    [
        CropMaskNode.Descriptor,
        FeatherMaskNode.Descriptor,
        GrowMaskNode.Descriptor,
        ImageToMaskNode.Descriptor,
        InvertMaskNode.Descriptor,
        LoadImageMaskNode.Descriptor,
        MaskCompositeNode.Descriptor,
        MaskToImageNode.Descriptor,
        SolidMaskNode.Descriptor,
        ThresholdMaskNode.Descriptor,
    ];
}
