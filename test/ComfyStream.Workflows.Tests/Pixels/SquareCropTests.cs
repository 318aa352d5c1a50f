using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests.Pixels;

public sealed class SquareCropTests
{
    private const int Side = 96;

    [Theory]
    [InlineData(0, -140, 640, 33)] // the whole picture with bars
    [InlineData(200, 60, 192, 38)]
    [InlineData(210, 80, 96, 100)] // as it is
    [InlineData(201.5f, 83.25f, 150, 38)]
    [InlineData(-60, 40, 300, 33)]
    [InlineData(500, 200, 260, 33)]
    public void A_square_is_cut_out_and_given_its_size(float left, float top, float side, double minPsnr)
    {
        using var pool = new VideoFramePool();
        using var crop = new SquareCrop(Side);
        VideoFrame source = Pictures.Astronaut(pool);
        VideoFrame target = pool.Rent(Side, Side);
        crop.Write(source, new SquareRegion(left, top, side), target);
        foreach (Plane plane in Pictures.Planes)
        {
            int scale = plane == Plane.Y ? 1 : 2;
            double[,] expected = MeansOf(Pictures.Read(source, plane), left / scale, top / scale, side / scale, Side / scale, plane == Plane.Y ? 16 : 128);
            Assert.InRange(Pictures.Psnr(expected, target, plane), minPsnr, double.PositiveInfinity);
        }

        source.Return();
        target.Return();
    }

    [Fact]
    public void A_square_that_is_smaller_than_the_result_is_enlarged_smoothly()
    {
        using var pool = new VideoFramePool();
        using var crop = new SquareCrop(Side);
        VideoFrame source = pool.Rent(64, 64);
        Pictures.Fill(source, (_, x, y) => (byte)(2 * x + y));
        VideoFrame target = pool.Rent(Side, Side);
        crop.Write(source, new SquareRegion(10, 12, 48), target);
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++)
                Assert.InRange(Pictures.Get(target, Plane.Y, x, y) - (2 * (10 + (x + 0.5) / 2 - 0.5) + 12 + (y + 0.5) / 2 - 0.5), -1, 1);
        }

        source.Return();
        target.Return();
    }

    [Theory]
    [InlineData(-500, -500, 100)]
    [InlineData(700, 100, 50)]
    [InlineData(100, 400, 1)]
    public void What_lies_beyond_the_picture_is_black(float left, float top, float side)
    {
        using var pool = new VideoFramePool();
        using var crop = new SquareCrop(Side);
        VideoFrame source = Pictures.Noise(pool, 640, 360, seed: 1);
        VideoFrame target = pool.Rent(Side, Side);
        crop.Write(source, new SquareRegion(left, top, side), target);
        foreach (Plane plane in Pictures.Planes)
            Assert.All(Pictures.Read(target, plane).Cast<double>(), value => Assert.Equal(plane == Plane.Y ? 16 : 128, value));
        source.Return();
        target.Return();
    }

    /// <summary>Of 8 x 8 places in each pixel of the result, the mean of what the source has there.</summary>
    private static double[,] MeansOf(double[,] source, double left, double top, double side, int length, double outside)
    {
        const int Places = 8;
        double[,] result = new double[length, length];
        for (int y = 0; y < length * Places; y++)
        {
            for (int x = 0; x < length * Places; x++)
            {
                (double v, double u) = (top + (y + 0.5) * side / length / Places, left + (x + 0.5) * side / length / Places);
                bool isInside = v >= 0 && u >= 0 && v < source.GetLength(0) && u < source.GetLength(1);
                result[y / Places, x / Places] += (isInside ? source[(int)v, (int)u] : outside) / (Places * Places);
            }
        }

        return result;
    }
}
