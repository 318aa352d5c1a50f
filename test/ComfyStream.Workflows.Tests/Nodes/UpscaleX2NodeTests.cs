using ComfyStream.Media;

namespace ComfyStream.Workflows.Tests.Nodes;

public sealed class UpscaleX2NodeTests
{
    [Theory]
    [InlineData(64, 48)]
    [InlineData(642, 358)]
    [InlineData(16, 16)]
    [InlineData(18, 130)]
    [InlineData(322, 18)]
    public void Without_strength_it_interpolates_linearly(int width, int height)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("UpscaleX2", pool, """{ "strength": 0 }""");
        VideoFrame result = node.Run(Pictures.Noise(pool, width, height, seed: width));
        VideoFrame source = Pictures.Noise(pool, width, height, seed: width);
        Assert.Equal((2 * width, 2 * height), (result.Width, result.Height));
        foreach (Plane plane in Pictures.Planes)
        {
            double[,] expected = Interpolated(Pictures.Read(source, plane));
            double[,] actual = Pictures.Read(result, plane);
            for (int y = 0; y < expected.GetLength(0); y++)
            {
                for (int x = 0; x < expected.GetLength(1); x++)
                    Assert.InRange(actual[y, x] - expected[y, x], -0.5001, 0.5001);
            }
        }

        result.Return();
        source.Return();
        Assert.Equal(0, pool.RentedCount);
    }

    [Fact]
    public void A_photograph_that_was_halved_comes_back_better_than_interpolation_can()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("UpscaleX2", pool);
        VideoFrame original = Pictures.Astronaut(pool);
        double[,] luma = Pictures.Read(original, Plane.Y);
        VideoFrame result = node.Run(Halved(pool, original));

        double linear = Pictures.Psnr(Interpolated(Pictures.Read(Halved(pool, original), Plane.Y)), luma, 0, 0, 640, 360);
        double upscaled = Pictures.Psnr(luma, result, Plane.Y);
        Assert.InRange(upscaled, linear + 2, 60);
        Assert.True(
            Pictures.Detail(Pictures.Read(result, Plane.Y), 221, 97, 342, 232) > 0.7 * Pictures.Detail(luma, 221, 97, 342, 232), "the face is blurred");
        original.Return();
        result.Return();
    }

    [Fact]
    public void Half_the_strength_adds_half_as_much()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("UpscaleX2", pool, """{ "strength": 0 }""");
        double[,] none = Run();
        Assert.True(node.TryApply("""{ "strength": 1 }"""));
        double[,] whole = Run();
        Assert.True(node.TryApply("""{ "strength": 0.5 }"""));
        double[,] half = Run();

        int changed = 0;
        for (int y = 0; y < 720; y++)
        {
            for (int x = 0; x < 1280; x++)
            {
                changed += Math.Abs(whole[y, x] - none[y, x]) > 8 ? 1 : 0;
                Assert.InRange(half[y, x] - (none[y, x] + whole[y, x]) / 2, -1, 1);
            }
        }

        Assert.InRange(changed, 1000, 640 * 360);

        double[,] Run()
        {
            VideoFrame result = node.Run(Pictures.Astronaut(pool));
            double[,] luma = Pictures.Read(result, Plane.Y);
            result.Return();
            return luma;
        }
    }

    [Fact]
    public void A_flat_picture_stays_flat_but_for_what_the_network_sees_at_its_edges()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("UpscaleX2", pool);
        VideoFrame result = node.Run(Pictures.Flat(pool, 64, 64, 120, 100, 150));
        double[,] luma = Pictures.Read(result, Plane.Y);
        for (int y = 0; y < 128; y++)
        {
            for (int x = 0; x < 128; x++)
                Assert.InRange(luma[y, x] - 120, y is < 8 or > 119 || x is < 8 or > 119 ? -8 : -2, y is < 8 or > 119 || x is < 8 or > 119 ? 8 : 2);
        }

        Assert.All(Pictures.Read(result, Plane.U).Cast<double>(), value => Assert.Equal(100, value));
        Assert.All(Pictures.Read(result, Plane.V).Cast<double>(), value => Assert.Equal(150, value));
        result.Return();
    }

    private static VideoFrame Halved(VideoFramePool pool, VideoFrame source)
    {
        VideoFrame half = pool.Rent(source.Width / 2, source.Height / 2);
        Pictures.Draw(half, source, 0, 0, 0.5);
        return half;
    }

    private static double[,] Interpolated(double[,] values)
    {
        (int height, int width) = (values.GetLength(0), values.GetLength(1));
        double[,] result = new double[2 * height, 2 * width];
        for (int y = 0; y < 2 * height; y++)
        {
            for (int x = 0; x < 2 * width; x++)
            {
                double v = Math.Clamp((y + 0.5) / 2 - 0.5, 0, height - 1), u = Math.Clamp((x + 0.5) / 2 - 0.5, 0, width - 1);
                (int top, int left) = ((int)v, (int)u);
                (int bottom, int right) = (Math.Min(top + 1, height - 1), Math.Min(left + 1, width - 1));
                (v, u) = (v - top, u - left);
                result[y, x] = (1 - v) * ((1 - u) * values[top, left] + u * values[top, right]) + v * ((1 - u) * values[bottom, left] + u * values[bottom, right]);
            }
        }

        return result;
    }
}
