using System.Text.Json;
using ComfyStream.Media;
using ComfyStream.Workflows.Detection;

namespace ComfyStream.Workflows.Tests.Nodes;

public sealed class BlurBoxesNodeTests : IDisposable
{
    private static readonly Box Middle = new(0.3f, 0.2f, 0.6f, 0.7f, 0.9f);
    private readonly VideoFramePool _pool = new();

    public void Dispose()
    {
        Assert.Equal(0, _pool.RentedCount);
        _pool.Dispose();
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "effect": "pixelate" }""")]
    [InlineData("""{ "shape": "rectangle", "margin": 0, "strength": 0.05 }""")]
    [InlineData("""{ "shape": "rectangle", "margin": 0.1, "strength": 1, "effect": "pixelate" }""")]
    [InlineData("""{ "margin": 2, "strength": 0.37 }""")]
    public void Every_pixel_is_as_the_plain_definition_says(string settings)
    {
        // Not on whole pixels, where the last bit would decide.
        Box[] boxes =
        [
            new(0.3023f, 0.2031f, 0.6037f, 0.7059f, 1),
            new(-0.2011f, -0.1013f, 0.2517f, 0.3019f, 1),
            new(0.8017f, 0.9019f, 1.3023f, 1.1011f, 1),
            new(0.5013f, 0.5017f, 0.5119f, 0.5323f, 1),
            new(-1.0013f, -1.0017f, 2.0011f, 2.0023f, 1),
            new(0.3713f, -3.0011f, 0.4117f, 4.0013f, 1),
        ];
        using var json = JsonDocument.Parse(settings);
        using var node = new NodeRunner("BlurBoxes", _pool, settings);
        foreach ((int width, int height) in new[] { (320, 180), (128, 64), (334, 98), (16, 16) })
        {
            foreach (Box box in boxes)
                Compare(node, new PlainRegionBlur(json.RootElement, box, width, height), box, width, height);
        }
    }

    [Fact]
    public void Without_boxes_the_picture_stays_byte_for_byte()
    {
        using var node = new NodeRunner("BlurBoxes", _pool);
        VideoFrame result = node.Run(Pictures.Noise(_pool, 322, 178, seed: 3), Boxes());
        AssertSame(Pictures.Noise(_pool, 322, 178, seed: 3), result);
    }

    [Theory]
    [InlineData("ellipse")]
    [InlineData("rectangle")]
    public void A_blurred_box_loses_its_detail_and_keeps_its_surroundings(string shape)
    {
        using var node = new NodeRunner("BlurBoxes", _pool, $$"""{ "shape": "{{shape}}", "margin": 0.2 }""");
        VideoFrame result = node.Run(Pictures.Noise(_pool, 640, 360, seed: 3), Boxes(Middle));
        double[,] after = Pictures.Read(result, Plane.Y);
        VideoFrame same = Pictures.Noise(_pool, 640, 360, seed: 3);
        double[,] before = Pictures.Read(same, Plane.Y);

        // The box is 192 to 384 and 72 to 252; its margins are 38 and 36 pixels wide.
        Assert.InRange(Pictures.Detail(after, 220, 100, 356, 224) / Pictures.Detail(before, 220, 100, 356, 224), 0, 0.001);
        AssertPart(0, 0, 153, 360, changed: false);
        AssertPart(423, 0, 640, 360, changed: false);
        AssertPart(0, 0, 640, 35, changed: false);
        AssertPart(0, 289, 640, 360, changed: false);
        AssertPart(158, 40, 170, 52, changed: shape == "rectangle");
        result.Return();
        same.Return();

        void AssertPart(int left, int top, int right, int bottom, bool changed) =>
            Assert.Equal(changed, !double.IsPositiveInfinity(Pictures.Psnr(before, after, left, top, right, bottom)));
    }

    [Fact]
    public void What_is_shown_of_a_box_depends_on_its_averages_only()
    {
        VideoFrame coarse = _pool.Rent(320, 320);
        VideoFrame fine = _pool.Rent(320, 320);
        Pictures.Fill(coarse, (_, x, y) => (byte)((x / 32 + y / 32) % 2 == 0 ? 90 : 150));
        Pictures.Fill(fine, (_, x, y) => (byte)(((x / 32 + y / 32) % 2 == 0 ? 90 : 150) + ((x + y) % 2 == 0 ? 40 : -40)));
        var box = new Box(-0.1f, -0.1f, 1.1f, 1.1f, 1);
        using var node = new NodeRunner("BlurBoxes", _pool, """{ "shape": "rectangle", "margin": 0.4, "strength": 0.0834 }""");
        AssertSame(node.Run(coarse, Boxes(box)), node.Run(fine, Boxes(box)));
    }

    [Fact]
    public void A_flat_picture_stays_exactly_as_it_is()
    {
        using var node = new NodeRunner("BlurBoxes", _pool);
        foreach (byte level in new byte[] { 0, 1, 16, 127, 128, 235, 254, 255 })
            AssertSame(Pictures.Flat(_pool, 100, 60, level, level, level), node.Run(Pictures.Flat(_pool, 100, 60, level, level, level), Boxes(Middle)));
    }

    [Fact]
    public void Blurring_in_place_gives_the_same()
    {
        using var node = new NodeRunner("BlurBoxes", _pool);
        using var inPlace = new NodeRunner("BlurBoxes", _pool, overwrites: true);
        VideoFrame source = Pictures.Astronaut(_pool);
        VideoFrame actual = inPlace.Run(source, Boxes(Middle));
        Assert.Same(source, actual);
        AssertSame(node.Run(Pictures.Astronaut(_pool), Boxes(Middle)), actual);
    }

    [Fact]
    public void Boxes_far_outside_or_beyond_all_measure_change_nothing_or_all_but_never_fail()
    {
        using var node = new NodeRunner("BlurBoxes", _pool);
        Box[] odd = [new(5, 5, 6, 6, 1), new(-6, 0, -5, 1, 1), new(0, 1e30f, 1, 2e30f, 1), new(-1e30f, -1e30f, 1e30f, 1e30f, 1), new(0.5f, 0.5f, 0.5f + 1e-6f, 0.5f + 1e-6f, 1)];
        node.Run(Pictures.Noise(_pool, 64, 48, seed: 1), Boxes(odd)).Return();
        AssertSame(Pictures.Noise(_pool, 64, 48, seed: 1), node.Run(Pictures.Noise(_pool, 64, 48, seed: 1), Boxes(odd[..3])));
    }

    private void Compare(NodeRunner node, PlainRegionBlur plain, Box box, int width, int height)
    {
        VideoFrame source = Pictures.Noise(_pool, width, height, seed: 7);
        double[][,] before = [.. Pictures.Planes.Select(plane => Pictures.Read(source, plane))];
        VideoFrame result = node.Run(source, Boxes(box));
        foreach (Plane plane in Pictures.Planes)
        {
            double[,] expected = plain.Apply(before[(int)plane], plane == Plane.Y ? 1 : 0.5);
            double[,] actual = Pictures.Read(result, plane);
            for (int y = 0; y < expected.GetLength(0); y++)
            {
                for (int x = 0; x < expected.GetLength(1); x++)
                    Assert.True(Math.Abs(expected[y, x] - actual[y, x]) < 0.6, $"{width} x {height}, {box}, {plane}, {x}, {y}: {expected[y, x]} is {actual[y, x]}");
            }
        }

        result.Return();
    }

    private static BoxList Boxes(params Box[] boxes)
    {
        var list = new BoxList(Math.Max(1, boxes.Length));
        foreach (Box box in boxes)
            list.Add(box);
        return list;
    }

    private static void AssertSame(VideoFrame expected, VideoFrame actual)
    {
        foreach (Plane plane in Pictures.Planes)
            Assert.Equal(double.PositiveInfinity, Pictures.Psnr(Pictures.Read(expected, plane), actual, plane));
        expected.Return();
        actual.Return();
    }
}
