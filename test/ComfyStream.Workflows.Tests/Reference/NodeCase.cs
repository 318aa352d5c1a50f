using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Workflows.Tests.Reference;

/// <summary>A node at work on pictures and masks that <see cref="TestPictures"/> makes of their descriptions.</summary>
/// <param name="ClassType">Its class.</param>
/// <param name="Links">What is linked, by commas.</param>
/// <param name="Settings">As JSON.</param>
/// <param name="RgbOnly">For what no picture in I420 has: odd sizes, alpha.</param>
internal sealed record NodeCase(string ClassType, string Links, string Settings = "{}", bool RgbOnly = false)
{
    public bool Fits(PictureFormat format) => format == PictureFormat.Rgb || !RgbOnly;
}
