using ComfyStream.Media;
using ComfyStream.Workflows.Detection;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Nodes;

/// <summary>Draws poses as skeletons: each limb in a colour of its own, the joints white.</summary>
internal sealed class DrawPoseNode : Node
{
    private const int Image = 0;
    private const int Poses = 1;

    /// <summary>Radius of a joint, as a multiple of a limb's.</summary>
    private const float JointSize = 1.4f;

    /// <summary>Points farther outside than a picture's side are a detector's mistake, and are held there.</summary>
    private const float Farthest = 1;

    public static readonly NodeDescriptor Descriptor = new()
    {
        ClassType = "DrawPose",
        DisplayName = "Draw Pose",
        Category = "ComfyStream/Detection",
        Description = "Draws poses as skeletons, over the picture or on black.",
        IsPure = true,
        Inputs =
        [
            new LinkInput("image", LinkType.Image),
            new LinkInput("poses", LinkType.Pose),
            new NumberInput("thickness", Default: 1, Min: 0.1, Max: 5) { Tooltip = "Of a limb, in hundredths of the picture's shorter side." },
            new ChoiceInput("background", "picture", "black"),
        ],
        Outputs = [LinkType.Image],
        Overwritable = Image,
        Create = static (settings, _) => new DrawPoseNode(settings),
    };

    private float _thickness;
    private bool _isOnBlack;
    private YuvColor[] _limbColors = [];
    private YuvColor _jointColor;
    private bool _colorsAreBt709;

    private DrawPoseNode(NodeSettings settings) => TryApply(settings);

    public override bool TryApply(NodeSettings settings)
    {
        (_thickness, _isOnBlack) = ((float)settings.Number("thickness") / 100, settings.Choice("background") == "black");
        return true;
    }

    public override void Run(NodeContext context)
    {
        VideoFrame source = context.Image(Image);
        PoseList poses = context.Poses(Poses);
        VideoFrame target = context.Target(source.Width, source.Height);
        if (_isOnBlack)
            target.Fill(16, 128, 128);
        else
            FrameCopier.Copy(source, target);
        ChooseColors(poses.Limbs.Count, context.IsBt709);
        for (int i = 0; i < poses.Count; i++)
            Draw(poses.Points(i), poses, target);
    }

    private void Draw(ReadOnlySpan<PosePoint> points, PoseList poses, VideoFrame target)
    {
        float radius = Math.Max(0.5f, _thickness * Math.Min(target.Width, target.Height) / 2);
        for (int i = 0; i < poses.Limbs.Count; i++)
        {
            (int from, int to) = poses.Limbs[i];
            if (points[from].Score > 0 && points[to].Score > 0)
                DrawLine(points[from], points[to], radius, _limbColors[i], target);
        }

        foreach (ref readonly PosePoint point in points)
        {
            if (point.Score > 0)
                DrawLine(point, point, JointSize * radius, _jointColor, target);
        }
    }

    private static void DrawLine(in PosePoint from, in PosePoint to, float radius, YuvColor color, VideoFrame target)
    {
        (int width, int height) = (target.Width, target.Height);
        LinePainter.Draw(target, Hold(from.X) * width, Hold(from.Y) * height, Hold(to.X) * width, Hold(to.Y) * height, radius, color);
    }

    private static float Hold(float part) => Math.Clamp(part, -Farthest, 1 + Farthest);

    private void ChooseColors(int limbCount, bool isBt709)
    {
        if (_limbColors.Length == limbCount && _colorsAreBt709 == isBt709)
            return;
        _limbColors = new YuvColor[limbCount];
        for (int i = 0; i < limbCount; i++)
            _limbColors[i] = YuvColor.FromHue((double)i / limbCount, isBt709);
        (_jointColor, _colorsAreBt709) = (YuvColor.FromRgb(255, 255, 255, isBt709), isBt709);
    }
}
