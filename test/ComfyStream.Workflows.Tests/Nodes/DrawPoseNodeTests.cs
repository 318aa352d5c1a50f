using ComfyStream.Media;
using ComfyStream.Workflows.Detection;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests.Nodes;

public sealed class DrawPoseNodeTests
{
    [Theory]
    [InlineData(0.2, 0.3, 0.7, 0.8)]
    [InlineData(0.8, 0.2, 0.3, 0.9)]
    [InlineData(0.1, 0.5, 0.9, 0.5)]
    [InlineData(0.5, 0.9, 0.5, 0.1)]
    [InlineData(-0.3, 0.4, 0.4, 1.3)]
    [InlineData(0.4, 0.4, 0.4, 0.4)]
    public void A_limb_covers_what_a_thick_line_with_round_ends_covers(double x1, double y1, double x2, double y2)
    {
        using var pool = new VideoFramePool();
        VideoFrame target = Pictures.Flat(pool, 160, 120, 40, 90, 200);
        LinePainter.Draw(target, (float)(x1 * 160), (float)(y1 * 120), (float)(x2 * 160), (float)(y2 * 120), 4, new YuvColor(200, 180, 60));
        foreach (Plane plane in Pictures.Planes)
        {
            int scale = plane == Plane.Y ? 1 : 2;
            (double before, double after) = plane switch { Plane.Y => (40, 200), Plane.U => (90, 180), _ => (200.0, 60.0) };
            for (int y = 0; y < Pictures.Height(target, plane); y++)
            {
                for (int x = 0; x < Pictures.Width(target, plane); x++)
                {
                    double covered = Coverage(x, y, x1 * 160 / scale, y1 * 120 / scale, x2 * 160 / scale, y2 * 120 / scale, 4.0 / scale);
                    Assert.InRange(Pictures.Get(target, plane, x, y) - (before + covered * (after - before)), -0.14 * Math.Abs(after - before), 0.14 * Math.Abs(after - before));
                }
            }
        }

        target.Return();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_rest_of_the_picture_stays_or_is_black(bool isOnBlack)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("DrawPose", pool, $$"""{ "background": "{{(isOnBlack ? "black" : "picture")}}" }""");
        VideoFrame result = node.Run(Pictures.Flat(pool, 640, 360, 120, 100, 150), Poses());
        Assert.Equal(isOnBlack ? 16 : 120, Pictures.Get(result, Plane.Y, 500, 300));
        Assert.Equal(isOnBlack ? 128 : 100, Pictures.Get(result, Plane.U, 250, 150));
        Assert.Equal(isOnBlack ? 128 : 150, Pictures.Get(result, Plane.V, 250, 150));

        // Joints are white, the limb between them red, and what does not count is not drawn.
        Assert.Equal((235, 128, 128), Pixel(result, 64, 72));
        Assert.Equal((235, 128, 128), Pixel(result, 320, 180));
        Assert.InRange(Pixel(result, 192, 126).V, 230, 245);
        Assert.Equal(isOnBlack ? 16 : 120, Pictures.Get(result, Plane.Y, 100, 300));
        result.Return();
    }

    [Fact]
    public void A_thicker_skeleton_takes_effect_at_once_and_none_leaves_the_picture()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("DrawPose", pool, """{ "thickness": 0.5 }""");
        int thin = Drawn(Poses());
        Assert.True(node.TryApply("""{ "thickness": 2 }"""));
        Assert.InRange(Drawn(Poses()), 3 * thin, 6 * thin);
        Assert.Equal(0, Drawn(new PoseList(1, 3, [])));

        int Drawn(PoseList poses)
        {
            VideoFrame result = node.Run(Pictures.Flat(pool, 640, 360, 16, 128, 128), poses);
            int count = Pictures.Read(result, Plane.Y).Cast<double>().Count(value => value > 30);
            result.Return();
            return count;
        }
    }

    private static PoseList Poses()
    {
        var poses = new PoseList(2, 3, [(0, 1), (1, 2)]);
        Span<PosePoint> points = poses.Add(0.9f);
        (points[0], points[1], points[2]) = (new(0.1f, 0.2f, 0.9f), new(0.5f, 0.5f, 0.9f), new(100 / 640f, 300 / 360f, 0));
        return poses;
    }

    private static (int Y, int U, int V) Pixel(VideoFrame frame, int x, int y) =>
        (Pictures.Get(frame, Plane.Y, x, y), Pictures.Get(frame, Plane.U, x / 2, y / 2), Pictures.Get(frame, Plane.V, x / 2, y / 2));

    /// <summary>Of 8 x 8 places in a pixel, those no farther from the line than its radius.</summary>
    private static double Coverage(int x, int y, double x1, double y1, double x2, double y2, double radius)
    {
        int inside = 0;
        for (int i = 0; i < 64; i++)
        {
            (double px, double py) = (x + (i % 8 + 0.5) / 8 - x1, y + (i / 8 + 0.5) / 8 - y1);
            (double dx, double dy) = (x2 - x1, y2 - y1);
            double along = dx * dx + dy * dy is > 0 and double square ? Math.Clamp((px * dx + py * dy) / square, 0, 1) : 0;
            inside += Math.Pow(px - along * dx, 2) + Math.Pow(py - along * dy, 2) <= radius * radius ? 1 : 0;
        }

        return inside / 64.0;
    }
}
