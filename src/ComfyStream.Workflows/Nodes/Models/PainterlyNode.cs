namespace ComfyStream.Workflows.Nodes;

/// <summary>Paints the picture by the network that this project distilled from a classical filter (<c>training/painterly</c>).</summary>
internal static class PainterlyNode
{
    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "Painterly",
        Category = "ComfyStream/Style",
        Description = "A painting of the picture, by a small network distilled from a classical filter.",
        IsPure = true,
        Inputs = [new LinkInput("image", LinkType.Image)],
        Outputs = [LinkType.Image],
        Overwritable = 0,
        Create = static (_, resources) => new ImageModelNode(resources, "painterly"),
    };
}
