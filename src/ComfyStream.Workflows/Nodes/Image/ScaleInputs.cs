using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>What nodes that scale have in common: ComfyUI's words.</summary>
internal static class ScaleInputs
{
    /// <summary>ComfyUI's longest side.</summary>
    public const int MaxSide = RgbPicturePool.MaxSide;

    /// <summary>Eight times the pixels of 4K: what is larger is a mistake, or meant to use up the memory.</summary>
    private const long MaxPixels = 64L << 20;

    public static readonly ChoiceInput Method = new("upscale_method", "nearest-exact", "bilinear", "area", "bicubic", "lanczos");

    /// <exception cref="MediaException">It is more than any stream needs.</exception>
    public static void CheckSize(int width, int height)
    {
        if (width > MaxSide || height > MaxSide || (long)width * height > MaxPixels)
            throw new MediaException($"{width}x{height} is too large; give at most {MaxSide} a side and {MaxPixels >> 20} megapixels in all");
    }

    public static ScaleMethod ReadMethod(NodeSettings settings) => (ScaleMethod)Array.IndexOf(Method.Choices, settings.Choice(Method.Name));
}
