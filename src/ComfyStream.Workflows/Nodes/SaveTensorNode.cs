namespace ComfyStream.Workflows.Nodes;

/// <summary>The workflow's result.</summary>
internal static class SaveTensorNode
{
    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "SaveTensor",
        Role = NodeRole.Output,
        Inputs = [new LinkInput("images", LinkType.Image)],
    };
}
