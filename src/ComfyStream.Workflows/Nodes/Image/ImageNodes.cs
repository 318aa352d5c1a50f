namespace ComfyStream.Workflows.Nodes;

/// <summary>Nodes that make pictures of pictures, named as in ComfyUI.</summary>
internal static class ImageNodes
{
    public static readonly NodeDescriptor[] All =
    [
        GaussianBlurNode.Descriptor,
        ImageCompositeMaskedNode.Descriptor,
        ImageCropNode.Descriptor,
        ImageFlipNode.Descriptor,
        ImageInvertNode.Descriptor,
        ImagePadForOutpaintNode.Descriptor,
        ImageRotateNode.Descriptor,
        ImageScaleNode.Descriptor,
        ImageScaleNode.ByFactor,
        ImageScaleNode.ToTotalPixels,
    ];
}
