using ComfyStream.EndToEnd.Processes;
using ComfyStream.Workflows.Tests.Models;

namespace ComfyStream.EndToEnd.Films;

/// <summary>
/// A relay whose viewers see a slate two seconds after the picture has stopped. Its workflow <see cref="Workflow"/> inverts the
/// picture, and fails on white ones: the model that finds people is replaced by one that does.
/// </summary>
public sealed class MoodyRelay : RelayProcess
{
    public const string Workflow = "moody";
    private const string Model = "selfie-segmentation-landscape";
    private const int ModelWidth = 256, ModelHeight = 144;

    private const string Graph =
        """
        {
          "1": { "class_type": "LoadTensor", "inputs": {} },
          "2": { "class_type": "PersonSegmentation", "inputs": { "image": ["1", 0] } },
          "3": { "class_type": "ImageInvert", "inputs": { "image": ["1", 0] } },
          "4": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["3", 0], "source": ["3", 0], "mask": ["2", 0] } },
          "5": { "class_type": "SaveTensor", "inputs": { "images": ["4", 0] } }
        }
        """;

    public MoodyRelay()
        : base(["--grace-time", "2"])
    {
        File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(Path.Combine(Workspace, "models")).FullName, Model + ".onnx"), OnnxModels.FailsWhenBright(ModelHeight, ModelWidth));
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(Workspace, "workflows")).FullName, Workflow + ".json"), Graph);
    }
}
