using ComfyStream.Media;

namespace ComfyStream.Workflows.Tests.Nodes;

public sealed class CrossfadeNodeTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.25)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void Every_pixel_is_so_far_on_the_way_from_one_picture_to_the_other(double mix)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("Crossfade", pool, $$"""{ "mix": {{mix}} }""");
        VideoFrame result = node.Run(Pictures.Noise(pool, 130, 34, seed: 1), Pictures.Noise(pool, 130, 34, seed: 2));
        (VideoFrame first, VideoFrame second) = (Pictures.Noise(pool, 130, 34, seed: 1), Pictures.Noise(pool, 130, 34, seed: 2));
        foreach (Plane plane in Pictures.Planes)
        {
            (double[,] from, double[,] to, double[,] actual) = (Pictures.Read(first, plane), Pictures.Read(second, plane), Pictures.Read(result, plane));
            for (int y = 0; y < actual.GetLength(0); y++)
            {
                for (int x = 0; x < actual.GetLength(1); x++)
                    Assert.InRange(actual[y, x] - (from[y, x] + (to[y, x] - from[y, x]) * mix), -0.51, 0.51);
            }
        }

        result.Return();
        first.Return();
        second.Return();
        Assert.Equal(0, pool.RentedCount);
    }

    [Fact]
    public void Another_mix_is_reached_in_the_time_that_is_given()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("Crossfade", pool, """{ "mix": 0, "fade_ms": 1000 }""");
        Assert.Equal(20, Run(0));
        Assert.True(node.TryApply("""{ "mix": 1, "fade_ms": 1000 }"""));
        Assert.Equal([30, 40, 70, 100, 120, 120], new[] { 100, 200, 500, 800, 1100, 1300 }.Select(Run));
        Assert.True(node.TryApply("""{ "mix": 0.5, "fade_ms": 0 }"""));
        Assert.Equal(70, Run(1310));

        int Run(int milliseconds)
        {
            VideoFrame first = Pictures.Flat(pool, 64, 64, 20, 128, 128);
            first.MediaTime = TimeSpan.FromMilliseconds(milliseconds);
            VideoFrame result = node.Run(first, Pictures.Flat(pool, 64, 64, 120, 128, 128));
            int level = Pictures.Get(result, Plane.Y, 40, 40);
            result.Return();
            return level;
        }
    }

    [Theory]
    [InlineData(320, 180)]
    [InlineData(1280, 720)]
    public void The_second_picture_takes_the_size_of_the_first_and_is_scaled_once_while_it_stays(int width, int height)
    {
        using var pool = new VideoFramePool();
        using (var node = new NodeRunner("Crossfade", pool, """{ "mix": 1 }"""))
        {
            Assert.InRange(Run(Pictures.Astronaut(pool)), 28, 100);
            node.Unchanged.Add(1);
            Assert.InRange(Run(Pictures.Flat(pool, 640, 360, 0, 0, 0)), 28, 100);
            node.Unchanged.Clear();
            Assert.InRange(Run(Pictures.Flat(pool, 640, 360, 0, 0, 0)), 0, 15);

            double Run(VideoFrame second)
            {
                VideoFrame result = node.Run(Pictures.Flat(pool, width, height, 200, 100, 100), second);
                VideoFrame expected = pool.Rent(width, height);
                VideoFrame astronaut = Pictures.Astronaut(pool);
                Pictures.Draw(expected, astronaut, 0, 0, width / 640.0);
                double psnr = Pictures.Psnr(Pictures.Read(expected, Plane.Y), result, Plane.Y);
                result.Return();
                expected.Return();
                astronaut.Return();
                return psnr;
            }
        }

        Assert.Equal(0, pool.RentedCount);
    }
}
