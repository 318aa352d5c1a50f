using ComfyStream.Workflows.Detection;
using ComfyStream.Workflows.Models;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// Where faces are in a picture, and where they were up to <c>hold_ms</c> before: small ones are not looked for in every picture, and
/// what covers a face must not open when it is lost for a moment.
/// </summary>
internal sealed class DetectFacesNode : Node
{
    private const int Image = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "DetectFaces",
        DisplayName = "Detect Faces",
        Category = "ComfyStream/Detection",
        Description = "Where faces are in a picture, and where they were a moment ago.",
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new NumberInput("threshold", Default: 0.6, Min: 0.05, Max: 0.99),
            new IntegerInput("max_faces", Default: 32, Min: 1, Max: 64),
            new IntegerInput("hold_ms", Default: 500, Min: 100, Max: 5000),
        ],
        Outputs = [LinkType.Boxes],
        Create = static (settings, resources) => new DetectFacesNode(settings, resources.Models),
    };

    private readonly FaceDetector _detector;
    private readonly BoxHold _hold;

    private DetectFacesNode(NodeSettings settings, ModelStore models)
    {
        int maxFaces = settings.Integer("max_faces");
        _detector = new FaceDetector(models, settings.Number("threshold"), maxFaces);
        _hold = new BoxHold(maxFaces, TimeSpan.FromMilliseconds(settings.Integer("hold_ms")));
    }

    public override void Run(NodeContext context)
    {
        _hold.Update(_detector.Detect(context.Image(Image)), context.MediaTime);
        context.SetBoxes(_hold.Boxes);
    }

    public override void Cancel() => _detector.Cancel();

    public override void Rearm() => _detector.Rearm();

    public override void Dispose() => _detector.Dispose();
}
