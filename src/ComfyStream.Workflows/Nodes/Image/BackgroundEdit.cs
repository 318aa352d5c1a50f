namespace ComfyStream.Workflows.Nodes;

/// <summary>What the nodes of ComfyStream's graphs for backgrounds have in common.</summary>
internal static class BackgroundEdit
{
    public static readonly ChoiceInput Mode = new("mode", "cuda", "cpu")
    {
        Tooltip = "Accepted because workflows carry it; it is computed where the engine runs.",
    };
}
