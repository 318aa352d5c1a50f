namespace ComfyStream.Workflows.Nodes;

/// <summary>Nodes that make pictures of pictures, named as in ComfyUI.</summary>
internal static class ImageNodes
{
    public static readonly NodeDescriptor[] All =
    [
        BackgroundColorNode.Descriptor,
        CannyNode.Descriptor,
        CompositeNode.Descriptor,
        EmptyImageNode.Descriptor,
        GaussianBlurNode.Descriptor,
        ImageBlendNode.Descriptor,
        ImageBlurNode.Descriptor,
        ImageBlurNode.Sharpen,
        ImageColorToMaskNode.Descriptor,
        ImageCompositeMaskedNode.Descriptor,
        ImageCropNode.Descriptor,
        ImageFlipNode.Descriptor,
        ImageInvertNode.Descriptor,
        ImagePadForOutpaintNode.Descriptor,
        ImageQuantizeNode.Descriptor,
        ImageRotateNode.Descriptor,
        ImageScaleNode.Descriptor,
        ImageScaleNode.ByFactor,
        ImageScaleNode.ToTotalPixels,
        JoinImageWithAlphaNode.Descriptor,
        MorphologyNode.Descriptor,
        SplitImageWithAlphaNode.Descriptor,
    ];
}
