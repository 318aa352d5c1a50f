using ComfyStream.Media;
using ComfyStream.Workflows.Detection;
using ComfyStream.Workflows.Models;

namespace ComfyStream.Workflows.Nodes;

/// <summary>The joints of the one person that MoveNet sees best, followed from picture to picture.</summary>
internal sealed class DetectPoseNode : Node
{
    private const int Image = 0;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "DetectPose",
        DisplayName = "Detect Pose",
        Category = "ComfyStream/Detection",
        Description = "Where the joints of one person are.",
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new NumberInput("threshold", Default: 0.3, Min: 0.05, Max: 0.9) { Tooltip = "Points that the network is less sure of are left out." },
            new NumberInput("smoothing", Default: 0.6, Min: 0, Max: 0.95) { Tooltip = "Against trembling; what moves is followed." },
        ],
        Outputs = [LinkType.Pose],
        Create = static (settings, resources) => new DetectPoseNode(settings, resources.Models),
    };

    private readonly PoseDetector _detector;

    private DetectPoseNode(NodeSettings settings, ModelStore models)
    {
        _detector = new PoseDetector(models);
        TryApply(settings);
    }

    public override bool TryApply(NodeSettings settings)
    {
        (_detector.Threshold, _detector.Smoothing) = ((float)settings.Number("threshold"), (float)settings.Number("smoothing"));
        return true;
    }

    public override void Run(NodeContext context)
    {
        VideoFrame picture = context.Image(Image);
        _detector.Detect(picture, context.MediaTime);
        context.SetPoses(_detector.Poses);
    }

    public override void Cancel() => _detector.Cancel();

    public override void Rearm() => _detector.Rearm();

    public override void Dispose() => _detector.Dispose();
}
