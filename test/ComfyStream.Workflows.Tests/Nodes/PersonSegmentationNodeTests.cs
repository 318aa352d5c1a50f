using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests.Nodes;

public sealed class PersonSegmentationNodeTests
{
    [Fact]
    public void A_face_is_person_and_a_far_corner_is_not()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("PersonSegmentation", pool, [0]);
        MaskPlane mask = node.RunForMask(Pictures.Astronaut(pool));
        Assert.InRange(Lowest(mask, 95, 45, 125, 80), 0.8, 1);
        Assert.InRange(Highest(mask, 240, 0, 256, 16), 0, 0.2);
        Assert.InRange(Highest(mask, 0, 0, 30, 60), 0, 0.2);
    }

    [Fact]
    public void A_picture_without_a_person_has_next_to_no_mask()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("PersonSegmentation", pool, [0]);
        MaskPlane mask = node.RunForMask(Pictures.Flat(pool, 640, 360, 120, 110, 140));
        float sum = 0;
        foreach (float weight in mask.Weights)
            sum += weight;
        Assert.InRange(sum / mask.Weights.Length, 0, 0.02);
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
