namespace ComfyStream.Workflows.Nodes;

/// <summary>Nodes for live video: what looks for people and things, what follows them, what a stream needs over time.</summary>
internal static class LiveNodes
{
    public static readonly NodeDescriptor[] All =
    [
        BlurBoxesNode.Descriptor,
        CrossfadeNode.Descriptor,
        DetectFacesNode.Descriptor,
        DetectPoseNode.Descriptor,
        DrawPoseNode.Descriptor,
        FrameRateLimitNode.Descriptor,
        MotionGateNode.Descriptor,
        PersonSegmentationNode.Descriptor,
        TextOverlayNode.Descriptor,
        UpscaleX2Node.Descriptor,
    ];
}
