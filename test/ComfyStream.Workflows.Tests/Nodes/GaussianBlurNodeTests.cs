using ComfyStream.Media;

namespace ComfyStream.Workflows.Tests.Nodes;

public sealed class GaussianBlurNodeTests
{
    /// <summary>A root mean square error of 1.3 of 255, on the worst of the planes: invisible.</summary>
    private const double MinPsnr = 46;

    [Theory]
    [InlineData(61, 7)] // ComfyStream's
    [InlineData(91, 14)] // background-blur's
    [InlineData(9, 1)]
    [InlineData(31, 2.5)]
    [InlineData(31, 4)]
    [InlineData(151, 24)]
    public void A_photograph_is_blurred_like_the_true_Gaussian(int kernel, double sigma)
    {
        using var pool = new VideoFramePool();
        Compare(pool, Pictures.Astronaut(pool), kernel, sigma, MinPsnr);
    }

    [Fact]
    public void A_kernel_that_cuts_the_Gaussian_off_is_replaced_by_a_Gaussian_of_its_width()
    {
        using var pool = new VideoFramePool();
        Compare(pool, Pictures.Astronaut(pool), kernel: 21, sigma: 30, minPsnr: 40);
    }

    [Theory]
    [InlineData(640, 360)]
    [InlineData(642, 358)]
    [InlineData(334, 98)]
    [InlineData(16, 16)]
    [InlineData(18, 130)]
    public void Noise_of_any_size_is_blurred_like_the_true_Gaussian(int width, int height)
    {
        using var pool = new VideoFramePool();
        Compare(pool, Pictures.Noise(pool, width, height, seed: width), 61, 7, MinPsnr);
    }

    [Fact]
    public void A_flat_picture_stays_exactly_as_it_is()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("GaussianBlur", pool);
        foreach (byte level in new byte[] { 0, 1, 16, 127, 128, 235, 254, 255 })
        {
            VideoFrame result = node.Run(Pictures.Flat(pool, 100, 60, level, level, level));
            foreach (Plane plane in Pictures.Planes)
                Assert.All(Pictures.Read(result, plane).Cast<double>(), value => Assert.Equal(level, value));
            result.Return();
        }
    }

    [Fact]
    public void A_kernel_of_one_pixel_changes_nothing()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("GaussianBlur", pool, """{ "kernel_size": 1, "sigma": 9 }""");
        VideoFrame result = node.Run(Pictures.Noise(pool, 70, 50, seed: 3));
        VideoFrame same = Pictures.Noise(pool, 70, 50, seed: 3);
        foreach (Plane plane in Pictures.Planes)
            Assert.Equal(double.PositiveInfinity, Pictures.Psnr(Pictures.Read(same, plane), result, plane));
        result.Return();
        same.Return();
    }

    [Fact]
    public void Blurring_in_place_gives_the_same()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("GaussianBlur", pool);
        using var inPlace = new NodeRunner("GaussianBlur", pool, overwrites: true);
        VideoFrame expected = node.Run(Pictures.Astronaut(pool));
        VideoFrame source = Pictures.Astronaut(pool);
        VideoFrame actual = inPlace.Run(source);
        Assert.Same(source, actual);
        foreach (Plane plane in Pictures.Planes)
            Assert.Equal(double.PositiveInfinity, Pictures.Psnr(Pictures.Read(expected, plane), actual, plane));
        expected.Return();
        actual.Return();
        Assert.Equal(0, pool.RentedCount);
    }

    private static void Compare(VideoFramePool pool, VideoFrame source, int kernel, double sigma, double minPsnr)
    {
        using var node = new NodeRunner("GaussianBlur", pool, $$"""{ "kernel_size": {{kernel}}, "sigma": {{sigma}} }""");
        double[][,] expected =
        [
            Blur(Pictures.Read(source, Plane.Y), kernel / 2, sigma),
            Blur(Pictures.Read(source, Plane.U), (kernel / 2 + 1) / 2, sigma / 2),
            Blur(Pictures.Read(source, Plane.V), (kernel / 2 + 1) / 2, sigma / 2),
        ];
        VideoFrame result = node.Run(source);
        foreach (Plane plane in Pictures.Planes)
            Assert.InRange(Pictures.Psnr(expected[(int)plane], result, plane), minPsnr, double.PositiveInfinity);
        result.Return();
        Assert.Equal(0, pool.RentedCount);
    }

    /// <summary>The definition: weights exp(-i²/2σ²) within the kernel, first along rows, then along columns, mirrored at the edges.</summary>
    private static double[,] Blur(double[,] values, int radius, double sigma) => AlongColumns(AlongRows(values, radius, sigma), radius, sigma);

    private static double[,] AlongRows(double[,] values, int radius, double sigma)
    {
        (int height, int width) = (values.GetLength(0), values.GetLength(1));
        double[,] result = new double[height, width];
        double total = 0;
        for (int i = -radius; i <= radius; i++)
            total += Math.Exp(-i * i / (2 * sigma * sigma));
        for (int i = -radius; i <= radius; i++)
        {
            double weight = Math.Exp(-i * i / (2 * sigma * sigma)) / total;
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                    result[y, x] += weight * values[y, Mirror(x + i, width)];
            }
        }

        return result;
    }

    private static int Mirror(int place, int length)
    {
        while (place < 0 || place >= length)
            place = place < 0 ? -place : 2 * (length - 1) - place;
        return place;
    }

    private static double[,] AlongColumns(double[,] values, int radius, double sigma) => Transpose(AlongRows(Transpose(values), radius, sigma));

    private static double[,] Transpose(double[,] values)
    {
        double[,] result = new double[values.GetLength(1), values.GetLength(0)];
        for (int y = 0; y < values.GetLength(0); y++)
        {
            for (int x = 0; x < values.GetLength(1); x++)
                result[x, y] = values[y, x];
        }

        return result;
    }
}
