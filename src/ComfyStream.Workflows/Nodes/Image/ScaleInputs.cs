using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>What nodes that scale have in common: ComfyUI's words.</summary>
internal static class ScaleInputs
{
    /// <summary>ComfyUI's longest side.</summary>
    public const int MaxSide = RgbPicturePool.MaxSide;

    public static readonly ChoiceInput Method = new("upscale_method", "nearest-exact", "bilinear", "area", "bicubic", "lanczos");

    public static ScaleMethod ReadMethod(NodeSettings settings) => (ScaleMethod)Array.IndexOf(Method.Choices, settings.Choice(Method.Name));
}
