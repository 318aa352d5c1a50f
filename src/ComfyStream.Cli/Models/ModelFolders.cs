using ComfyStream.Media;
using ComfyStream.Server;
using ComfyStream.Server.Hosting;
using ComfyStream.Workflows.Models;

namespace ComfyStream.Cli.Models;

/// <summary>The models of a workspace and those that ship.</summary>
internal sealed class ModelFolders
{
    private readonly string _own;

    /// <exception cref="ServeException">The workspace cannot be used.</exception>
    public ModelFolders(string workspace)
    {
        Workspace opened = Workspace.Open(workspace);
        _own = Path.Combine(opened.Path, "models");
        Library = new ModelLibrary(opened.ModelFolders);
    }

    public ModelLibrary Library { get; }

    /// <summary>Where an added model is kept.</summary>
    public string OwnFile(string id) => Path.Combine(_own, id + ".onnx");

    /// <summary>Where the manifest of one's own model is kept.</summary>
    public string OwnManifest(string id) => Path.Combine(_own, ModelLibrary.ManifestFolder, id + ".json");

    /// <summary>Whether a file was added, and not shipped.</summary>
    public bool IsOwn(string file) => Path.GetDirectoryName(file) == _own;

    /// <exception cref="ServeException">Nobody knows the model, or its manifest is wrong.</exception>
    public ModelManifest Find(string id)
    {
        try
        {
            return Library.Find(id) ?? throw new ServeException($"There is no model named {id}. See ./comfystream model list, or name the manifest of your own as ./{id}.json.");
        }
        catch (MediaException e)
        {
            throw new ServeException(e.Message);
        }
    }
}
