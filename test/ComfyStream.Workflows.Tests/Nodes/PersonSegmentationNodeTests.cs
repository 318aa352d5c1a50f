using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests.Nodes;

public sealed class PersonSegmentationNodeTests
{
    [Fact]
    public void A_face_is_person_and_a_far_corner_is_not()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("PersonSegmentation", pool);
        MaskPlane mask = node.RunForMask(Pictures.Astronaut(pool));
        Assert.InRange(Lowest(mask, 95, 45, 125, 80), 0.8, 1);
        Assert.InRange(Highest(mask, 240, 0, 256, 16), 0, 0.2);
        Assert.InRange(Highest(mask, 0, 0, 30, 60), 0, 0.2);
    }

    [Fact]
    public void A_picture_without_a_person_has_next_to_no_mask()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("PersonSegmentation", pool);
        MaskPlane mask = node.RunForMask(Pictures.Flat(pool, 640, 360, 120, 110, 140));
        float sum = 0;
        foreach (float weight in mask.Weights)
            sum += weight;
        Assert.InRange(sum / mask.Weights.Length, 0, 0.02);
    }

    [Fact]
    public void Doubtful_places_are_settled_by_the_two_limits()
    {
        using var pool = new VideoFramePool();
        using var plain = new NodeRunner("PersonSegmentation", pool, """{ "background_below": 0, "person_above": 1 }""");
        using var firm = new NodeRunner("PersonSegmentation", pool, """{ "background_below": 0.6, "person_above": 0.8 }""");
        float[] doubtful = plain.RunForMask(Pictures.Astronaut(pool)).Weights.ToArray();
        float[] settled = firm.RunForMask(Pictures.Astronaut(pool)).Weights.ToArray();

        Assert.Contains(doubtful, weight => weight is > 0.1f and < 0.6f);
        for (int i = 0; i < doubtful.Length; i++)
            Assert.Equal(Math.Clamp((doubtful[i] - 0.6f) / 0.2f, 0, 1), settled[i], 3);
    }

    private static unsafe double Lowest(MaskPlane mask, int left, int top, int right, int bottom)
    {
        double lowest = 1;
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
                lowest = Math.Min(lowest, mask.Row(y)[x]);
        }

        return lowest;
    }

    private static unsafe double Highest(MaskPlane mask, int left, int top, int right, int bottom)
    {
        double highest = 0;
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
                highest = Math.Max(highest, mask.Row(y)[x]);
        }

        return highest;
    }
}
