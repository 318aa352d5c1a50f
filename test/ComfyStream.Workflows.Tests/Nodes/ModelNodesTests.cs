using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;
using ComfyStream.Workflows.Tests.Models;

namespace ComfyStream.Workflows.Tests.Nodes;

public sealed unsafe class ModelNodesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("models-").FullName;
    private readonly VideoFramePool _pool = new();

    public ModelNodesTests()
    {
        string manifests = Directory.CreateDirectory(Path.Combine(_folder, "manifests")).FullName;
        foreach (string manifest in Directory.GetFiles(Path.Combine(Repository.Models, "manifests")))
            File.Copy(manifest, Path.Combine(manifests, Path.GetFileName(manifest)));
    }

    public void Dispose()
    {
        Assert.Equal(0, _pool.RentedCount);
        _pool.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(640, 360)]
    [InlineData(1280, 720)]
    [InlineData(854, 480)]
    [InlineData(320, 180)]
    public void A_painting_has_the_size_and_the_large_shapes_of_the_picture_and_no_fine_texture(int width, int height)
    {
        using var node = new NodeRunner("Painterly", _pool);
        VideoFrame picture = _pool.Rent(width, height);
        VideoFrame astronaut = Pictures.Astronaut(_pool);
        Pictures.Fill(picture, (_, _, _) => 128);
        Pictures.Draw(picture, astronaut, 0, 0, width / 640.0);
        astronaut.Return();
        Pictures.Fill(picture, Grain(picture));
        double[,] before = Pictures.Read(picture, Plane.Y);
        VideoFrame painting = node.Run(picture);
        Assert.Equal((width, height), (painting.Width, painting.Height));
        double[,] after = Pictures.Read(painting, Plane.Y);

        // The wall between the person and the rocket, and the picture as a whole.
        (int left, int top, int right, int bottom) = (width * 58 / 100, height * 34 / 100, width * 70 / 100, height * 55 / 100);
        double grain = Pictures.Detail(before, left, top, right, bottom), left_over = Pictures.Detail(after, left, top, right, bottom);
        Assert.True(left_over < 0.45 * grain, $"{left_over:F1} of {grain:F1}");
        Assert.InRange(Correlation(before, after), 0.9, 1);
        painting.Return();
    }

    [Fact]
    public void A_still_picture_with_a_cameras_noise_stays_stiller_painted()
    {
        using var node = new NodeRunner("Painterly", _pool);
        double[][,] before = new double[2][,], after = new double[2][,];
        for (int i = 0; i < 2; i++)
        {
            VideoFrame picture = Pictures.Astronaut(_pool);
            var random = new Random(i);
            Pictures.Fill(picture, (plane, x, y) => (byte)Math.Clamp(Pictures.Get(picture, plane, x, y) + random.Next(-6, 7), 16, 235));
            before[i] = Pictures.Read(picture, Plane.Y);
            VideoFrame painting = node.Run(picture);
            after[i] = Pictures.Read(painting, Plane.Y);
            painting.Return();
        }

        Assert.True(MeanChange(after[0], after[1]) < 0.4 * MeanChange(before[0], before[1]), $"{MeanChange(after[0], after[1])} of {MeanChange(before[0], before[1])}");
    }

    [Theory]
    [InlineData("nchw", "rgb", false)]
    [InlineData("nchw", "bgr", true)]
    [InlineData("nhwc", "rgb", true)]
    public void A_model_that_changes_nothing_gives_the_picture_back(string layout, string colour, bool isBt709)
    {
        int[] shape = layout == "nchw" ? [1, 3, 360, 640] : [1, 360, 640, 3];
        Describe("same", InterfaceModels.SamePicture("x", "y", OnnxModels.Float, shape),
            $$""" "input": { "size": [640, 360], "layout": "{{layout}}", "colour": "{{colour}}" }, "output": { "kind": "image", "layout": "{{layout}}", "colour": "{{colour}}" } """);
        using var node = new NodeRunner("OnnxImageToImage", _pool, """{ "model": "same" }""", models: _folder);
        VideoFrame picture = Pictures.Astronaut(_pool);
        picture.IsBt709 = isBt709;
        double[][,] before = [.. Pictures.Planes.Select(plane => Pictures.Read(picture, plane))];
        VideoFrame result = node.Run(picture);
        Assert.Equal(isBt709, result.IsBt709);
        for (int i = 0; i < 3; i++)
            Assert.True(Pictures.Psnr(before[i], result, Pictures.Planes[i]) > 40, $"plane {i}: {Pictures.Psnr(before[i], result, Pictures.Planes[i]):F1} dB");
        result.Return();
    }

    [Fact]
    public void A_border_is_left_out_and_what_was_cut_off_stays_away()
    {
        byte[] model = InterfaceModels.SamePicture("x", "y", OnnxModels.Float, 1, 3, 64, 64);
        Describe("letterbox", model, """ "input": { "size": [64, 64], "resize": "letterbox", "border": 255 }, "output": { "kind": "image" } """);
        Describe("cover", model, """ "input": { "size": [64, 64], "resize": "cover" }, "output": { "kind": "image" } """);

        using var letterbox = new NodeRunner("OnnxImageToImage", _pool, """{ "model": "letterbox" }""", models: _folder);
        VideoFrame whole = letterbox.Run(Pictures.Flat(_pool, 256, 128, 50, 128, 128));
        Assert.Equal((256, 128), (whole.Width, whole.Height));
        Assert.All(new[] { (0, 0), (255, 0), (128, 64), (0, 127), (255, 127) }, at => Assert.InRange(Pictures.Get(whole, Plane.Y, at.Item1, at.Item2), 49, 51));
        whole.Return();

        using var cover = new NodeRunner("OnnxImageToImage", _pool, """{ "model": "cover" }""", models: _folder);
        VideoFrame middle = cover.Run(Pictures.Flat(_pool, 256, 128, 50, 128, 128));
        Assert.Equal((128, 128), (middle.Width, middle.Height));
        middle.Return();
    }

    [Fact]
    public void A_model_that_enlarges_gives_its_own_size()
    {
        Describe("double", OnnxModels.Build(
            [OnnxModels.Node("Concat", ["x", "x"], ["wide"], OnnxModels.Number("axis", 3)), OnnxModels.Node("Concat", ["wide", "wide"], ["y"], OnnxModels.Number("axis", 2))],
            [],
            [OnnxModels.Value("x", OnnxModels.Float, 1, 3, -1, -1)],
            [OnnxModels.Value("y", OnnxModels.Float, 1, 3, -1, -1)]),
            """ "input": { "multiple_of": 2 }, "output": { "kind": "image" } """);
        using var node = new NodeRunner("OnnxImageToImage", _pool, """{ "model": "double" }""", models: _folder);
        VideoFrame result = node.Run(Pictures.Flat(_pool, 64, 48, 90, 110, 140));
        Assert.Equal((128, 96), (result.Width, result.Height));
        Assert.InRange(Pictures.Get(result, Plane.Y, 100, 50), 89, 91);
        result.Return();
    }

    [Fact]
    public void Values_out_of_range_and_no_numbers_are_clamped()
    {
        Describe("wild", OnnxModels.Build(
            [OnnxModels.Node("Sub", ["x", "half"], ["centred"]), OnnxModels.Node("Div", ["centred", "zero"], ["y"])],
            [OnnxModels.Constant("half", 0.5f), OnnxModels.Constant("zero", 0)],
            [OnnxModels.Value("x", OnnxModels.Float, 1, 3, -1, -1)],
            [OnnxModels.Value("y", OnnxModels.Float, 1, 3, -1, -1)]),
            """ "input": { "multiple_of": 2 }, "output": { "kind": "image" } """);
        using var node = new NodeRunner("OnnxImageToImage", _pool, """{ "model": "wild" }""", models: _folder);
        VideoFrame picture = Pictures.Flat(_pool, 64, 48, 16, 128, 128);
        Pictures.Fill(picture, (plane, x, _) => plane == Plane.Y ? (byte)(x < 32 ? 16 : 235) : (byte)128);
        VideoFrame result = node.Run(picture);
        Assert.Equal((16, 235), (Pictures.Get(result, Plane.Y, 10, 10), Pictures.Get(result, Plane.Y, 50, 10)));
        result.Return();
    }

    [Theory]
    [InlineData("DepthMap", "{}")]
    [InlineData("DepthAnythingTensorrt", "{}")]
    [InlineData("DepthAnythingTensorrt", """{ "engine": "depth-anything-v2-small" }""")]
    public void What_is_nearest_is_white_and_the_farthest_black(string classType, string settings)
    {
        File.WriteAllBytes(Path.Combine(_folder, "depth-anything-v2-small.onnx"), InterfaceModels.DepthAnything());
        using var node = new NodeRunner(classType, _pool, settings, models: _folder);
        object?[] results = node.RunAll(Ramp());
        var map = (VideoFrame)results[0]!;
        Assert.Equal((640, 360), (map.Width, map.Height));
        Assert.InRange(Pictures.Get(map, Plane.Y, 0, 180), 16, 18);
        Assert.InRange(Pictures.Get(map, Plane.Y, 320, 180), 120, 131);
        Assert.InRange(Pictures.Get(map, Plane.Y, 639, 180), 233, 235);
        Assert.Equal((128, 128), (Pictures.Get(map, Plane.U, 10, 10), Pictures.Get(map, Plane.V, 10, 10)));
        if (classType == "DepthMap")
            Assert.InRange(((MaskPlane)results[1]!).Row(70)[126], 0.47f, 0.53f);
        else
            Assert.Single(results);
        map.Return();
    }

    [Fact]
    public void Distances_that_grow_with_the_distance_are_turned_round()
    {
        Describe("metric", InterfaceModels.DepthAnything(), """ "input": { "multiple_of": 14 }, "output": { "kind": "depth", "larger_is_nearer": false } """);
        using var node = new NodeRunner("DepthMap", _pool, """{ "model": "metric" }""", models: _folder);
        VideoFrame map = node.Run(Ramp());
        Assert.InRange(Pictures.Get(map, Plane.Y, 0, 180), 233, 235);
        Assert.InRange(Pictures.Get(map, Plane.Y, 639, 180), 16, 18);
        map.Return();
    }

    [Fact]
    public void The_limits_follow_slowly_so_that_the_map_does_not_jump()
    {
        Describe("every", InterfaceModels.DepthAnything(), """ "input": { "multiple_of": 14 }, "output": { "kind": "depth", "larger_is_nearer": true } """);
        using var node = new NodeRunner("DepthMap", _pool, """{ "model": "every", "steadiness": 0.9 }""", models: _folder);
        node.Run(Ramp()).Return();
        VideoFrame darker = Ramp(brightest: 126);
        VideoFrame map = node.Run(darker);
        Assert.InRange(Pictures.Get(map, Plane.Y, 639, 180), 120, 145);
        map.Return();
        Assert.True(node.TryApply("""{ "model": "every", "steadiness": 0 }"""));
        map = node.Run(Ramp(brightest: 126));
        Assert.InRange(Pictures.Get(map, Plane.Y, 639, 180), 232, 235);
        map.Return();
        Assert.False(node.TryApply("""{ "model": "midas-v2.1-small" }"""));
    }

    [Fact]
    public void Depth_waits_for_its_rate_and_the_last_map_serves_meanwhile()
    {
        File.WriteAllBytes(Path.Combine(_folder, "depth-anything-v2-small.onnx"), InterfaceModels.DepthAnything());
        using var node = new NodeRunner("DepthMap", _pool, models: _folder);
        VideoFrame first = node.Run(Ramp());
        VideoFrame other = Pictures.Flat(_pool, 640, 360, 200, 128, 128);
        other.MediaTime = TimeSpan.FromMilliseconds(33);
        VideoFrame second = node.Run(other);
        Assert.Equal(Pictures.Get(first, Plane.Y, 320, 180), Pictures.Get(second, Plane.Y, 320, 180));
        first.Return();
        second.Return();
    }

    [Theory]
    [InlineData("DepthMap", "{}", "./comfystream model add depth-anything-v2-small")]
    [InlineData("DepthMap", """{ "model": "yolox-nano" }""", "./comfystream model add yolox-nano")]
    [InlineData("DepthMap", """{ "model": "painterly" }""", "The model painterly gives no depth: its task is image. Models that do: depth-anything-v2-small, midas-v2.1-small.")]
    [InlineData("OnnxImageToImage", """{ "model": "no-such" }""", "There is no model named no-such; there are ")]
    [InlineData("OnnxImageToImage", """{ "model": "../../etc/passwd" }""", "There is no model named ../../etc/passwd")]
    [InlineData("DepthAnythingTensorrt", """{ "engine": "something.engine" }""", "No depth model stands for the engine")]
    public void A_model_that_cannot_be_had_is_told_with_what_to_do(string classType, string settings, string problem)
    {
        File.Copy(Path.Combine(Repository.Models, "painterly.onnx"), Path.Combine(_folder, "painterly.onnx"));
        var e = Assert.Throws<MediaException>(() => new NodeRunner(classType, _pool, settings, models: _folder));
        Assert.Contains(problem, e.Message);
    }

    [Theory]
    [InlineData(100, 60, 640, 360)]
    [InlineData(252, 140, 1280, 720)]
    [InlineData(640, 360, 854, 480)]
    [InlineData(37, 23, 90, 71)]
    [InlineData(64, 64, 30, 20)]
    [InlineData(1, 1, 32, 16)]
    public void A_plane_is_stretched_as_by_plain_interpolation(int sourceWidth, int sourceHeight, int width, int height)
    {
        var random = new Random(7);
        int sourceStride = (sourceWidth + 63) / 64 * 64, stride = (width + 63) / 64 * 64;
        using var source = new NativeBuffer<byte>(sourceStride * sourceHeight);
        using var target = new NativeBuffer<byte>(stride * height);
        for (int i = 0; i < sourceStride * sourceHeight; i++)
            source.Pointer[i] = (byte)random.Next(256);
        using var stretcher = new PlaneStretcher();
        stretcher.Stretch(source.Pointer, sourceStride, sourceWidth, sourceHeight, target.Pointer, stride, width, height);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                double sx = Math.Clamp((x + 0.5) * sourceWidth / width - 0.5, 0, sourceWidth - 1), sy = Math.Clamp((y + 0.5) * sourceHeight / height - 0.5, 0, sourceHeight - 1);
                (int x0, int y0) = ((int)sx, (int)sy);
                (int x1, int y1) = (Math.Min(x0 + 1, sourceWidth - 1), Math.Min(y0 + 1, sourceHeight - 1));
                double above = At(x0, y0) + (At(x1, y0) - At(x0, y0)) * (sx - x0), below = At(x0, y1) + (At(x1, y1) - At(x0, y1)) * (sx - x0);
                double expected = above + (below - above) * (sy - y0);
                Assert.InRange(target.Pointer[y * stride + x], expected - 2.5, expected + 2.5);
            }
        }

        double At(int x, int y) => source.Pointer[y * sourceStride + x];
    }

    /// <summary>Brighter from left to right.</summary>
    private VideoFrame Ramp(int brightest = 235)
    {
        VideoFrame frame = _pool.Rent(640, 360);
        Pictures.Fill(frame, (plane, x, _) => plane == Plane.Y ? (byte)(16 + (brightest - 16) * x / 639) : (byte)128);
        return frame;
    }

    private static Func<Plane, int, int, byte> Grain(VideoFrame picture)
    {
        var random = new Random(3);
        return (plane, x, y) => (byte)Math.Clamp(Pictures.Get(picture, plane, x, y) + (plane == Plane.Y ? random.Next(-8, 9) : 0), 16, 235);
    }

    private static double MeanChange(double[,] a, double[,] b)
    {
        double sum = 0;
        for (int y = 0; y < a.GetLength(0); y++)
        {
            for (int x = 0; x < a.GetLength(1); x++)
                sum += Math.Abs(a[y, x] - b[y, x]);
        }

        return sum / a.Length;
    }

    private static double Correlation(double[,] a, double[,] b)
    {
        double meanA = a.Cast<double>().Average(), meanB = b.Cast<double>().Average(), both = 0, ofA = 0, ofB = 0;
        for (int y = 0; y < a.GetLength(0); y++)
        {
            for (int x = 0; x < a.GetLength(1); x++)
            {
                both += (a[y, x] - meanA) * (b[y, x] - meanB);
                ofA += Math.Pow(a[y, x] - meanA, 2);
                ofB += Math.Pow(b[y, x] - meanB, 2);
            }
        }

        return both / Math.Sqrt(ofA * ofB);
    }

    private void Describe(string id, byte[] model, string fields)
    {
        File.WriteAllText(Path.Combine(_folder, "manifests", id + ".json"), $$"""{ "id": "{{id}}", "task": "test", "licence": "MIT", "licence_url": "https://example.org", "source": "this test", {{fields}} }""");
        File.WriteAllBytes(Path.Combine(_folder, id + ".onnx"), model);
    }
}
