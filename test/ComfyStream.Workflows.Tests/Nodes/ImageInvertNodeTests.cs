using ComfyStream.Media;

namespace ComfyStream.Workflows.Tests.Nodes;

public sealed class ImageInvertNodeTests
{
    [Fact]
    public void Every_value_of_a_plane_becomes_that_of_the_negative()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("ImageInvert", pool);
        VideoFrame source = pool.Rent(512, 32);
        Pictures.Fill(source, (_, x, _) => (byte)x);

        VideoFrame result = node.Run(source);

        for (int value = 0; value < 256; value++)
        {
            Assert.Equal(Math.Max(0, 235 + 16 - value), Pictures.Get(result, Plane.Y, value, 5));
            Assert.Equal(Math.Min(255, 256 - value), Pictures.Get(result, Plane.U, value, 5));
            Assert.Equal(Math.Min(255, 256 - value), Pictures.Get(result, Plane.V, value, 5));
        }

        result.Return();
    }

    [Theory]
    [InlineData(0.299, 0.114)]
    [InlineData(0.2126, 0.0722)]
    public void It_is_one_minus_RGB_in_either_matrix(double red, double blue)
    {
        (double R, double G, double B) ToRgb(double y, double u, double v)
        {
            double luma = (y - 16) / 219;
            double r = luma + 2 * (1 - red) * (v - 128) / 224;
            double b = luma + 2 * (1 - blue) * (u - 128) / 224;
            return (r, (luma - red * r - blue * b) / (1 - red - blue), b);
        }

        using var pool = new VideoFramePool();
        using var node = new NodeRunner("ImageInvert", pool);
        VideoFrame source = pool.Rent(16, 16);
        var random = new Random(1);
        for (int i = 0; i < 50; i++)
        {
            (byte y, byte u, byte v) = ((byte)random.Next(16, 236), (byte)random.Next(16, 241), (byte)random.Next(16, 241));
            VideoFrame result = node.Run(Pictures.Flat(pool, 16, 16, y, u, v));
            (double r, double g, double b) = ToRgb(y, u, v);
            (double ir, double ig, double ib) = ToRgb(Pictures.Get(result, Plane.Y, 3, 3), Pictures.Get(result, Plane.U, 3, 3), Pictures.Get(result, Plane.V, 3, 3));
            Assert.Equal(1 - r, ir, 1e-9);
            Assert.Equal(1 - g, ig, 1e-9);
            Assert.Equal(1 - b, ib, 1e-9);
            result.Return();
        }

        source.Return();
        Assert.Equal(0, pool.RentedCount);
    }
}
