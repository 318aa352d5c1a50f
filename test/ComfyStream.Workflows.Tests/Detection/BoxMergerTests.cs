using ComfyStream.Workflows.Detection;

namespace ComfyStream.Workflows.Tests.Detection;

public sealed class BoxMergerTests
{
    [Fact]
    public void Boxes_around_one_face_become_their_mean_by_score_with_the_best_score()
    {
        var first = new Box(0.1f, 0.1f, 0.3f, 0.3f, 0.9f);
        var second = new Box(0.13f, 0.1f, 0.33f, 0.3f, 0.6f);
        first.Points[5] = new(0.2f, 0.2f);
        second.Points[5] = new(0.25f, 0.1f);
        Box merged = Assert.Single(Merge(8, second, first));
        Assert.Equal((0.9 * 0.1 + 0.6 * 0.13) / 1.5, merged.Left, 1e-6);
        Assert.Equal((0.9 * 0.3 + 0.6 * 0.33) / 1.5, merged.Right, 1e-6);
        Assert.Equal(0.1f, merged.Top, 1e-6f);
        Assert.Equal(0.3f, merged.Bottom, 1e-6f);
        Assert.Equal((0.9 * 0.2 + 0.6 * 0.25) / 1.5, merged.Points[5].X, 1e-6);
        Assert.Equal(0.9f, merged.Score);
    }

    [Fact]
    public void Faces_side_by_side_stay_two_the_surer_first()
    {
        var less = new Box(0.1f, 0.1f, 0.3f, 0.3f, 0.7f);
        var more = new Box(0.25f, 0.1f, 0.45f, 0.3f, 0.8f);
        Assert.Equal([0.8f, 0.7f], Merge(8, less, more).Select(box => box.Score));
    }

    [Fact]
    public void When_there_is_no_room_the_least_sure_are_left_out()
    {
        Box[] row = [.. Enumerable.Range(0, 10).Select(i => new Box(i, 0, i + 0.9f, 1, 0.5f + 0.04f * (i * 7 % 10)))];
        float[] best = [.. row.Select(box => box.Score).OrderDescending().Take(3)];
        Assert.Equal(best, Merge(3, row).Select(box => box.Score));
    }

    [Fact]
    public void Boxes_of_any_kind_are_all_used_up_and_each_of_them_is_near_a_result()
    {
        var random = new Random(5);
        for (int round = 0; round < 300; round++)
        {
            Box[] boxes = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => Any(random))];
            Box[] merged = Merge(64, boxes);
            Assert.InRange(merged.Length, 1, boxes.Length);
            Assert.Equal(boxes.Max(box => box.Score), merged[0].Score);
            Assert.All(merged, box => Assert.True(box is { Width: > 0, Height: > 0, Score: > 0 }));
            Assert.Equal(merged.Select(box => box.Score).OrderDescending(), merged.Select(box => box.Score));
            Assert.All(boxes, box => Assert.Contains(merged, result => Box.IntersectionOverUnion(box, result) > 0.1f));
        }
    }

    [Fact]
    public void Boxes_without_measure_come_to_an_end()
    {
        Box[] odd =
        [
            new(0, 0, 1e-30f, 1e-30f, 0.9f),
            new(-3e38f, -3e38f, 3e38f, 3e38f, 0.8f),
            new(float.NaN, 0, 1, 1, 0.7f),
            new(0, 0, 1, 1, 0),
        ];
        Assert.InRange(Merge(8, odd).Length, 1, odd.Length);
    }

    [Theory]
    [InlineData(0, 0, 1, 1, 1)]
    [InlineData(0.5f, 0, 1.5f, 1, 1 / 3.0)]
    [InlineData(0.25f, 0.25f, 0.75f, 0.75f, 0.25)]
    [InlineData(1, 0, 2, 1, 0)]
    [InlineData(5, 5, 6, 6, 0)]
    public void Intersection_over_union(float left, float top, float right, float bottom, double expected) =>
        Assert.Equal(expected, Box.IntersectionOverUnion(new Box(0, 0, 1, 1, 1), new Box(left, top, right, bottom, 1)), 1e-6);

    private static Box Any(Random random)
    {
        (float x, float y) = (random.NextSingle(), random.NextSingle());
        return new Box(x, y, x + 0.05f + 0.4f * random.NextSingle(), y + 0.05f + 0.4f * random.NextSingle(), 0.5f + 0.5f * random.NextSingle());
    }

    private static Box[] Merge(int capacity, params Box[] boxes)
    {
        var candidates = new BoxList(boxes.Length);
        foreach (Box box in boxes)
            candidates.Add(box);
        var result = new BoxList(capacity);
        result.Add(default);
        BoxMerger.Merge(candidates, result);
        Assert.Equal(0, candidates.Count);
        return result.Items.ToArray();
    }
}
