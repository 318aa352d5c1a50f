using ComfyStream.Media;
using ComfyStream.Workflows.Detection;

namespace ComfyStream.Workflows.Tests.Nodes;

public sealed class DetectPoseNodeTests
{
    private const int Nose = 0, LeftEye = 1, RightEye = 2, LeftShoulder = 5, RightShoulder = 6, LeftKnee = 13;

    /// <summary>On the picture of <see cref="Pictures.Astronaut"/>, by hand, with how far off is near enough: the suit hides the shoulders.</summary>
    private static readonly (int Point, double X, double Y, double Near)[] Expected =
        [(Nose, 280, 165, 20), (LeftEye, 299, 138, 20), (RightEye, 258, 142, 20), (LeftShoulder, 380, 290, 70), (RightShoulder, 160, 270, 70)];

    [Fact]
    public void The_face_and_the_shoulders_of_a_person_are_found()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("DetectPose", pool);
        Check(Run(node, Pictures.Astronaut(pool), 0), 640, 360, 0, 0, 1);
    }

    [Theory]
    [InlineData(0, 0, 0.5)]
    [InlineData(620, 330, 0.6)]
    [InlineData(400, 300, 0.35)]
    public void A_small_person_is_followed_into_a_smaller_square(int left, int top, double scale)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("DetectPose", pool);
        PosePoint[] points = [];
        for (int i = 0; i < 6; i++)
        {
            VideoFrame picture = Pictures.Flat(pool, 1280, 720, 60, 128, 128);
            VideoFrame person = Pictures.Astronaut(pool);
            Pictures.Draw(picture, person, left, top, scale);
            person.Return();
            points = Run(node, picture, i);
        }

        Check(points, 1280, 720, left, top, scale);
        Assert.Equal(0, points[LeftKnee].Score);
    }

    [Fact]
    public void A_picture_without_a_person_has_no_pose()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("DetectPose", pool);
        for (int i = 0; i < 3; i++)
            Assert.Empty(Run(node, Pictures.Flat(pool, 640, 360, 120, 110, 140), i));
    }

    [Fact]
    public void The_threshold_takes_effect_at_once()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("DetectPose", pool);
        Assert.NotEmpty(Run(node, Pictures.Astronaut(pool), 0));
        Assert.True(node.TryApply("""{ "threshold": 0.9 }"""));
        Assert.Empty(Run(node, Pictures.Astronaut(pool), 30));
    }

    private static PosePoint[] Run(NodeRunner node, VideoFrame picture, int number)
    {
        picture.MediaTime = number * TimeSpan.FromSeconds(1.0 / 30);
        var poses = (PoseList)node.RunAll(picture)[0]!;
        return poses.Count == 0 ? [] : poses.Points(0).ToArray();
    }

    private static void Check(PosePoint[] points, int width, int height, int left, int top, double scale)
    {
        Assert.Equal(PoseDetector.PointCount, points.Length);
        foreach ((int point, double x, double y, double near) in Expected)
        {
            (double foundX, double foundY) = ((points[point].X * width - left) / scale, (points[point].Y * height - top) / scale);
            Assert.True(
                points[point].Score > 0 && Math.Sqrt(Math.Pow(foundX - x, 2) + Math.Pow(foundY - y, 2)) < near,
                $"point {point}: ({foundX:F0}, {foundY:F0}), score {points[point].Score:F2}, not ({x}, {y})");
        }
    }
}
