using ComfyStream.Media;
using ComfyStream.Workflows.Models;

namespace ComfyStream.Workflows.Nodes;

/// <summary>Takes a model for a node, if it gives what the node needs.</summary>
internal static class ModelChoice
{
    /// <exception cref="MediaException">There is no such model, it is not here, or it gives something else.</exception>
    public static PictureModel Open(NodeResources resources, string id, OutputKind kind)
    {
        PictureModel model = resources.Models.CreatePictureModel(id);
        if (model.Manifest.Outputs.Any(output => output.Kind == kind))
            return model;
        model.Dispose();
        throw new MediaException($"The model {id} gives no {kind.ToString().ToLowerInvariant()}: its task is {model.Manifest.Task}. Models that do: {string.Join(", ", resources.Models.IdsOf(kind))}.");
    }
}
