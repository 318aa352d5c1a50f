using ComfyStream.Media;
using ComfyStream.Workflows.Models;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// The depth node of ComfyStream's graphs. Its engines are files made for one graphics card; here the name stands for a depth model of
/// the manifests, which runs in its place.
/// </summary>
internal static class DepthAnythingTensorrtNode
{
    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "DepthAnythingTensorrt",
        DisplayName = "Depth Anything Tensorrt",
        Category = "tensorrt",
        Description = "How near everything is, white being the nearest. The name of a TensorRT engine stands for the depth model of the manifests that runs in its place.",
        Inputs =
        [
            new LinkInput("images", LinkType.Image),
            new TextInput("engine", "depth_anything_vitl14-fp16.engine") { Tooltip = "Names with depth_anything stand for depth-anything-v2-small, with midas for midas-v2.1-small; or the id of a depth model." },
        ],
        Outputs = [LinkType.Image],
        Create = static (settings, resources) => new DepthMapNode(resources, Model(settings.Text("engine"), resources.Models)),
    };

    /// <summary>The models of the family that may be used freely are the small ones.</summary>
    private static string Model(string engine, ModelStore models)
    {
        string name = Path.GetFileNameWithoutExtension(engine).ToLowerInvariant();
        string plain = name.Replace('-', '_');
        if (plain.Contains("depth_anything", StringComparison.Ordinal) || plain.Contains("depthanything", StringComparison.Ordinal))
            return "depth-anything-v2-small";
        if (plain.Contains("midas", StringComparison.Ordinal))
            return "midas-v2.1-small";
        IReadOnlyList<string> ids = models.IdsOf(OutputKind.Depth);
        return ids.FirstOrDefault(id => id == engine || id == name) ?? throw new MediaException(
            $"No depth model stands for the engine {WorkflowProblems.Quote(engine)}. Give a name with depth_anything or midas, or one of {string.Join(", ", ids)}.");
    }
}
