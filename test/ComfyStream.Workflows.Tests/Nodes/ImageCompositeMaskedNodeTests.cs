using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests.Nodes;

public sealed class ImageCompositeMaskedNodeTests
{
    [Theory]
    [InlineData(640, 360, 256, 144)]
    [InlineData(1280, 720, 256, 144)]
    [InlineData(358, 202, 256, 144)]
    [InlineData(130, 66, 256, 144)] // smaller than the mask
    [InlineData(70, 50, 2, 2)]
    [InlineData(70, 50, 1, 1)]
    [InlineData(98, 34, 98, 34)]
    public void Pictures_are_mixed_by_a_mask_of_another_size(int width, int height, int maskWidth, int maskHeight)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("ImageCompositeMasked", pool);
        using MaskPlane mask = RandomMask(maskWidth, maskHeight);
        VideoFrame below = Pictures.Noise(pool, width, height, seed: 1);
        VideoFrame above = Pictures.Noise(pool, width, height, seed: 2);
        double[][,] expected = [.. Pictures.Planes.Select(plane => Mix(below, above, plane, mask, 0, 0))];

        VideoFrame result = node.Run(below, above, mask);

        foreach (Plane plane in Pictures.Planes)
            Assert.InRange(Pictures.Psnr(expected[(int)plane], result, plane), 52, double.PositiveInfinity);
        result.Return();
        Assert.Equal(0, pool.RentedCount);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(100, 0)]
    [InlineData(0, 58)]
    [InlineData(34, 22)]
    [InlineData(35, 23)] // rounded down to even
    [InlineData(8000, 8000)] // outside
    public void The_source_can_be_laid_at_a_position_and_is_cut_off_at_the_edges(int x, int y)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("ImageCompositeMasked", pool, $$"""{ "x": {{x}}, "y": {{y}} }""", overwrites: true);
        using MaskPlane mask = RandomMask(64, 36);
        VideoFrame below = Pictures.Noise(pool, 200, 120, seed: 3);
        VideoFrame above = Pictures.Noise(pool, 200, 120, seed: 4);
        double[][,] expected = [.. Pictures.Planes.Select(plane => Mix(below, above, plane, mask, x / 2 * 2, y / 2 * 2))];

        VideoFrame result = node.Run(below, above, mask);

        Assert.Same(below, result);
        foreach (Plane plane in Pictures.Planes)
            Assert.InRange(Pictures.Psnr(expected[(int)plane], result, plane), 52, double.PositiveInfinity);
        result.Return();
    }

    [Fact]
    public void Without_a_mask_the_source_covers_all()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("ImageCompositeMasked", pool);
        VideoFrame result = node.Run(Pictures.Noise(pool, 130, 66, seed: 5), Pictures.Noise(pool, 130, 66, seed: 6));
        VideoFrame above = Pictures.Noise(pool, 130, 66, seed: 6);
        foreach (Plane plane in Pictures.Planes)
            Assert.Equal(double.PositiveInfinity, Pictures.Psnr(Pictures.Read(above, plane), result, plane));
        above.Return();
        result.Return();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_mask_of_all_zeros_or_ones_gives_either_picture_to_the_bit(int weight)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("ImageCompositeMasked", pool);
        using var mask = new MaskPlane(256, 144);
        mask.Weights.Fill(weight);
        VideoFrame result = node.Run(Pictures.Noise(pool, 640, 360, seed: 0), Pictures.Noise(pool, 640, 360, seed: 1), mask);
        VideoFrame chosen = Pictures.Noise(pool, 640, 360, seed: weight);
        foreach (Plane plane in Pictures.Planes)
            Assert.Equal(double.PositiveInfinity, Pictures.Psnr(Pictures.Read(chosen, plane), result, plane));
        chosen.Return();
        result.Return();
    }

    [Fact]
    public void The_node_follows_a_change_of_size()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("ImageCompositeMasked", pool);
        foreach ((int width, int height, int maskWidth) in new[] { (320, 180, 64), (1280, 720, 64), (160, 90, 32), (320, 180, 64), (320, 180, 16) })
        {
            using MaskPlane mask = RandomMask(maskWidth, 36);
            VideoFrame below = Pictures.Noise(pool, width, height, seed: 7);
            VideoFrame above = Pictures.Noise(pool, width, height, seed: 8);
            double[,] expected = Mix(below, above, Plane.Y, mask, 0, 0);
            VideoFrame result = node.Run(below, above, mask);
            Assert.InRange(Pictures.Psnr(expected, result, Plane.Y), 52, double.PositiveInfinity);
            result.Return();
        }
    }

    private static MaskPlane RandomMask(int width, int height)
    {
        var random = new Random(9);
        var mask = new MaskPlane(width, height);
        foreach (ref float weight in mask.Weights)
            weight = random.NextSingle();
        return mask;
    }

    private static double[,] Mix(VideoFrame below, VideoFrame above, Plane plane, MaskPlane mask, int left, int top)
    {
        int scale = plane == Plane.Y ? 1 : 2;
        double[,] result = Pictures.Read(below, plane);
        for (int y = top / scale; y < result.GetLength(0); y++)
        {
            for (int x = left / scale; x < result.GetLength(1); x++)
            {
                double weight = 0;
                for (int i = 0; i < scale * scale; i++)
                    weight += Sample(mask, above.Width, above.Height, x * scale - left + i % scale, y * scale - top + i / scale) / (scale * scale);
                result[y, x] += weight * (Pictures.Get(above, plane, x - left / scale, y - top / scale) - result[y, x]);
            }
        }

        return result;
    }

    /// <summary>Linear interpolation between the middles of the mask's pixels.</summary>
    private static unsafe double Sample(MaskPlane mask, int width, int height, int x, int y)
    {
        double px = Math.Clamp((x + 0.5) * mask.Width / width - 0.5, 0, mask.Width - 1);
        double py = Math.Clamp((y + 0.5) * mask.Height / height - 0.5, 0, mask.Height - 1);
        (int x0, int y0) = ((int)px, (int)py);
        (int x1, int y1) = (Math.Min(x0 + 1, mask.Width - 1), Math.Min(y0 + 1, mask.Height - 1));
        double upper = double.Lerp(mask.Row(y0)[x0], mask.Row(y0)[x1], px - x0);
        double lower = double.Lerp(mask.Row(y1)[x0], mask.Row(y1)[x1], px - x0);
        return double.Lerp(upper, lower, py - y0);
    }
}
