using ComfyStream.Workflows.Detection;

namespace ComfyStream.Workflows.Tests.Detection;

public sealed class PoseSteadierTests
{
    private const int Points = 17;
    private static readonly TimeSpan Frame = TimeSpan.FromSeconds(1.0 / 30);

    private readonly PoseSteadier _steadier = new(Points);
    private readonly PoseList _poses = new(1, Points, []);

    [Fact]
    public void Points_at_rest_tremble_less()
    {
        var random = new Random(5);
        double before = 0, after = 0;
        for (int i = 0; i < 120; i++)
        {
            double noise = (random.NextDouble() - 0.5) * 0.02;
            Update(i, 0.5 + noise);
            if (i < 30)
                continue;
            before += noise * noise;
            after += Math.Pow(_poses.Points(0)[0].X - 0.5, 2);
        }

        Assert.InRange(Math.Sqrt(after / before), 0, 0.75);
    }

    [Fact]
    public void Points_in_motion_are_followed_within_two_pictures()
    {
        const double Speed = 0.5;
        for (int i = 0; i < 30; i++)
            Update(i, 0.1 + Speed * i / 30);
        Assert.InRange(_poses.Points(0)[0].X, 0.1 + Speed * 27 / 30, 0.1 + Speed * 29 / 30);
    }

    [Fact]
    public void Without_smoothing_points_are_as_they_are_found()
    {
        for (int i = 0; i < 5; i++)
        {
            Update(i, 0.1 * i, smoothing: 0);
            Assert.Equal(0.1 * i, _poses.Points(0)[3].X, 5);
        }
    }

    [Fact]
    public void After_a_gap_nothing_of_the_old_pose_is_left()
    {
        Update(0, 0.1);
        Update(1, 0.1);
        Update(60, 0.9);
        Assert.Equal(0.9, _poses.Points(0)[0].X, 5);
        Update(2, 0.3);
        Assert.Equal(0.3, _poses.Points(0)[0].X, 5);
    }

    [Fact]
    public void A_point_that_is_seen_stays_through_a_doubt_and_goes_when_it_is_lost()
    {
        Update(0, 0.5, score: 0.25f);
        Assert.Equal(0, _poses.Count);
        Update(1, 0.5, score: 0.35f);
        Assert.Equal(1, _poses.Count);
        Update(2, 0.5, score: 0.25f);
        Assert.Equal(1, _poses.Count);
        Update(3, 0.5, score: 0.15f);
        Assert.Equal(0, _poses.Count);
        Update(4, 0.5, score: 0.25f);
        Assert.Equal(0, _poses.Count);
    }

    [Fact]
    public void Points_that_do_not_count_have_no_score_and_three_are_no_pose()
    {
        PosePoint[] points = new PosePoint[Points];
        for (int i = 0; i < 4; i++)
            points[i] = new(0.5f, 0.5f, 0.9f);
        _steadier.Update(points, TimeSpan.Zero, 0.3f, 0.5f, _poses);
        Assert.Equal(4, _poses.Points(0).ToArray().Count(point => point.Score > 0));
        points[0] = new(float.NaN, 0.5f, 0.9f);
        _steadier.Update(points, Frame, 0.3f, 0.5f, _poses);
        Assert.Equal(0, _poses.Count);
        points[0] = new(0.5f, 0.5f, float.NaN);
        _steadier.Update(points, 2 * Frame, 0.3f, 0.5f, _poses);
        Assert.Equal(0, _poses.Count);
    }

    private void Update(int frame, double x, float score = 0.8f, float smoothing = 0.6f)
    {
        PosePoint[] points = new PosePoint[Points];
        Array.Fill(points, new PosePoint((float)x, 0.5f, score));
        _steadier.Update(points, frame * Frame, threshold: 0.3f, smoothing, _poses);
    }
}
