namespace ComfyStream.Workflows.Nodes;

/// <summary>Runs any model of the manifests that gives a picture for a picture.</summary>
internal static class OnnxImageToImageNode
{
    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "OnnxImageToImage",
        DisplayName = "ONNX Image to Image",
        Category = "ComfyStream/Style",
        Description = "Runs a model that gives a picture for a picture, fed as its manifest says.",
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new TextInput("model", "painterly") { Tooltip = "Its id: ./comfystream model list." },
            new IntegerInput("run_every", Default: 0, Min: 0, Max: 1000) { Tooltip = "The model sees every so many pictures, and its last result serves for those between; 0: as its manifest says." },
        ],
        Outputs = [LinkType.Image],
        Overwritable = 0,
        Create = static (settings, resources) => new ImageModelNode(resources, settings.Text("model")) { RunEvery = settings.Integer("run_every") },
    };
}
