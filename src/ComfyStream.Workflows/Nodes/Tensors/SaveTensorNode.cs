namespace ComfyStream.Workflows.Nodes;

/// <summary>The workflow's result, and whether its input may be shown where there is none.</summary>
internal static class SaveTensorNode
{
    public const string FailOpen = "fail_open";
    private static readonly LinkInput Images = new("images", LinkType.Image) { Tooltip = "The result." };

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "SaveTensor",
        DisplayName = "Save Tensor",
        Category = "ComfyStream/Savers",
        Description = "The stream's result.",
        Role = NodeRole.Output,
        Inputs =
        [
            Images,
            new BooleanInput(FailOpen, Default: false) { Tooltip = "Whether viewers may see the unprocessed picture while the workflow fails or is too late." },
        ],
    };

    public static readonly NodeDescriptor PreviewImage = OfStills("PreviewImage", "Preview Image");

    public static readonly NodeDescriptor SaveImage = OfStills("SaveImage", "Save Image", new TextInput("filename_prefix", "ComfyUI") { Tooltip = "Not read here: nothing is written to a file." });

    /// <summary>For lists of classes only: a workflow's own become <c>SaveTensor</c>.</summary>
    private static NodeDescriptor OfStills(string classType, string displayName, params NodeInput[] more) => new()
    {
        ClassType = classType,
        DisplayName = displayName,
        Category = "image",
        Description = "The stream's result, as SaveTensor.",
        Role = NodeRole.Output,
        Inputs = [Images, .. more],
    };
}
