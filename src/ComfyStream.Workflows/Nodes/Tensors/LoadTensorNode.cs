namespace ComfyStream.Workflows.Nodes;

/// <summary>The stream's picture. Pictures are pushed, so nothing waits here: the time-out is read only because workflows carry it.</summary>
internal static class LoadTensorNode
{
    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "LoadTensor",
        DisplayName = "Load Tensor",
        Category = "ComfyStream/Loaders",
        Description = "The stream's picture.",
        Role = NodeRole.Input,
        Inputs =
        [
            new NumberInput("timeout_seconds", Default: 1, Min: 0.1, Max: 30) { Tooltip = "Accepted because workflows carry it; pictures are pushed here, nothing waits." },
        ],
        Outputs = [LinkType.Image],
    };

    /// <summary>The same in place of a node that loads a still, with that node's outputs: a camera has no alpha, so the mask is full.</summary>
    public static readonly NodeDescriptor PrimaryInput = new()
    {
        ClassType = "PrimaryInputLoadImage",
        DisplayName = "Primary Input Load Image",
        Category = "ComfyStream/Loaders",
        Description = "The stream's picture, where other LoadImage nodes load files.",
        Role = NodeRole.Input,
        Inputs = [new TextInput("image") { Tooltip = "The still that ComfyUI shows in its place; not read here." }],
        Outputs = [LinkType.Image, LinkType.Mask],
    };
}
