namespace ComfyStream.Workflows.Nodes;

/// <summary>The workflow's result, and whether its input may be shown where there is none.</summary>
internal static class SaveTensorNode
{
    public const string FailOpen = "fail_open";

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "SaveTensor",
        Role = NodeRole.Output,
        Inputs = [new LinkInput("images", LinkType.Image), new BooleanInput(FailOpen, Default: false)],
    };
}
