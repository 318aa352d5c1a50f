using ComfyStream.Media;
using ComfyStream.Workflows.Models;

namespace ComfyStream.Workflows.Tests.Models;

/// <summary>Models of known interfaces, each fed as its manifest says and compared with what the picture's pixels come to.</summary>
public sealed unsafe class PictureModelTests : IDisposable
{
    // 81 of 219 and no colour: RGB 0.2968 each. The writer rounds to 1/256.
    private const byte Grey = 81;
    private const float GreyValue = (Grey - 16) / 219f;

    private readonly string _folder = Directory.CreateTempSubdirectory("models-").FullName;
    private readonly VideoFramePool _pool = new();
    private readonly List<VideoFrame> _pictures = [];
    private readonly ModelStore _store;

    public PictureModelTests() => _store = new ModelStore([_folder, Repository.Models]);

    public void Dispose()
    {
        _store.Dispose();
        foreach (VideoFrame picture in _pictures)
            picture.Return();
        _pool.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Depth_anything_sees_multiples_of_14_with_the_mean_and_deviation_of_its_manifest()
    {
        using PictureModel model = Open("depth-anything-v2-small", InterfaceModels.DepthAnything());
        Run(model, 640, 360);
        Assert.Equal((252, 140), (model.Placement.Width, model.Placement.Height));
        ModelTensor depth = model.Output(OutputKind.Depth)!;
        Assert.Equal([1, 140, 252], depth.Shape);
        float expected = ((GreyValue - 0.485f) / 0.229f + (GreyValue - 0.456f) / 0.224f + (GreyValue - 0.406f) / 0.225f) / 3;
        AssertAll(expected, depth, 0.02f);
    }

    [Fact]
    public void A_picture_of_another_size_gives_a_result_of_another_size()
    {
        using PictureModel model = Open("depth-anything-v2-small", InterfaceModels.DepthAnything());
        Run(model, 640, 360);
        Run(model, 360, 640);
        Assert.Equal([1, 252, 140], model.Output(0).Shape);
        Run(model, 100, 100);
        Assert.Equal([1, 98, 98], model.Output(0).Shape);
    }

    [Fact]
    public void Midas_is_fed_by_place_where_its_tensors_have_numbers_for_names()
    {
        using PictureModel model = Open("midas-v2.1-small", InterfaceModels.Midas());
        Run(model, 64, 48);
        Assert.Equal([1, 256, 256], model.Output(OutputKind.Depth)!.Shape);
    }

    [Fact]
    public void Fast_neural_style_sees_0_to_255()
    {
        using PictureModel model = Open("fast-neural-style-candy", InterfaceModels.SamePicture("input1", "output1", OnnxModels.Float, 1, 3, 224, 224));
        Run(model, 128, 96);
        AssertAll(GreyValue * 255, model.Output(OutputKind.Image)!, 1);
    }

    [Fact]
    public void Modnet_sees_minus_1_to_1_in_multiples_of_32()
    {
        using PictureModel model = Open("modnet", InterfaceModels.Modnet());
        Run(model, 1280, 720);
        Assert.Equal([1, 1, 288, 512], model.Output(OutputKind.Mask)!.Shape);
        AssertAll(GreyValue * 2 - 1, model.Output(0), 0.02f);
    }

    [Fact]
    public void Yolox_sees_blue_first_with_a_border_of_114()
    {
        using PictureModel model = Open("yolox-nano", InterfaceModels.Yolox());
        Run(model, 640, 320);
        Assert.Equal(new PicturePlacement(416, 416, 0, 104, 416, 208), model.Placement);
        ModelTensor boxes = model.Output(OutputKind.BoxesYolox)!;
        Assert.Equal([1, 3549, 85], boxes.Shape);
        AssertAll((GreyValue * 255 + 114) / 2, boxes, 1);
        Assert.Equal("motorcycle", boxes.Output.Labels[3]);
    }

    [Fact]
    public void Recurrent_tensors_are_handed_on_from_picture_to_picture_and_begin_at_zero()
    {
        using PictureModel model = Open("rvm-mobilenetv3", InterfaceModels.RobustVideoMatting());
        for (int i = 1; i <= 5; i++)
        {
            Run(model, 64, 64);
            AssertAll(0.5f * i * GreyValue, model.Output(OutputKind.Mask)!, 0.02f * i);
        }

        AssertAll(GreyValue, model.Output(OutputKind.Image)!, 0.01f);
        Run(model, 128, 64);
        AssertAll(0.5f * GreyValue, model.Output(OutputKind.Mask)!, 0.02f);
    }

    [Fact]
    public void Real_esrgan_takes_any_even_size_and_its_output_may_be_larger()
    {
        using PictureModel model = Open("realesr-general-x4v3", InterfaceModels.WidePicture());
        Run(model, 200, 100);
        Assert.Equal([1, 3, 100, 400], model.Output(OutputKind.Image)!.Shape);
    }

    [Theory]
    [InlineData("float", OnnxModels.Float, 0.003f)]
    [InlineData("float16", OnnxModels.Float16, 0.004f)]
    [InlineData("uint8", OnnxModels.UInt8, 0.003f)]
    [InlineData("int32", OnnxModels.Int32, 0.003f)]
    public void Every_type_and_order_of_elements_carries_the_same_picture(string type, int element, float tolerance)
    {
        VideoFrame picture = Keep(_pool.Rent(96, 64));
        Pictures.Fill(picture, (plane, x, y) => plane == Plane.Y ? (byte)(40 + x + y) : plane == Plane.U ? (byte)(100 + x / 2) : (byte)(150 - y / 2));
        float[] expected = Colours(picture, "reference", OnnxModels.Float, """ "layout": "nchw", "dtype": "float" """, isNhwc: false, isBgr: false, scale: 1);
        float scale = type is "uint8" or "int32" ? 255 : 1;
        string scaling = scale == 1 ? "" : ", \"scale\": 1";
        foreach (bool isNhwc in new[] { false, true })
        {
            foreach (bool isBgr in new[] { false, true })
            {
                string input = $$""" "layout": "{{(isNhwc ? "nhwc" : "nchw")}}", "dtype": "{{type}}", "colour": "{{(isBgr ? "bgr" : "rgb")}}"{{scaling}} """;
                float[] actual = Colours(picture, $"{type}-{isNhwc}-{isBgr}".ToLowerInvariant(), element, input, isNhwc, isBgr, scale);
                for (int i = 0; i < expected.Length; i++)
                    Assert.InRange(actual[i], expected[i] - tolerance, expected[i] + tolerance);
            }
        }
    }

    [Fact]
    public void Letterbox_shows_the_picture_whole_and_cover_cuts_its_sides_off()
    {
        const string Output = """ "output": { "kind": "image" } """;
        byte[] model = InterfaceModels.SamePicture("x", "y", OnnxModels.Float, 1, 3, 60, 60);
        VideoFrame picture = Keep(_pool.Rent(120, 60));
        Pictures.Fill(picture, (plane, x, _) => plane == Plane.Y ? (byte)(x < 30 || x >= 90 ? 16 : 235) : (byte)128);

        using PictureModel letterbox = Open("letterbox", model, $$""" "input": { "size": [60, 60], "resize": "letterbox", "border": 51 }, {{Output}} """);
        letterbox.Run(picture, TimeSpan.Zero);
        Assert.Equal(new PicturePlacement(60, 60, 0, 15, 60, 30), letterbox.Placement);
        Assert.Equal([0.2f, 0.2f, 0f, 1f], new[] { At(letterbox, 30, 3), At(letterbox, 30, 58), At(letterbox, 3, 30), At(letterbox, 30, 30) }.Select(value => MathF.Round(value, 2)));
        Assert.Equal((0.5f, 0.5f), letterbox.Placement.ToPicture(0.5f, 0.5f));
        Assert.Equal((0.25f, 0f), letterbox.Placement.ToPicture(0.25f, 0.25f));

        using PictureModel cover = Open("cover", model, $$""" "input": { "size": [60, 60], "resize": "cover" }, {{Output}} """);
        cover.Run(picture, TimeSpan.Zero);
        Assert.Equal(new PicturePlacement(60, 60, -30, 0, 120, 60), cover.Placement);
        Assert.Equal([1f, 1f, 1f], new[] { At(cover, 1, 30), At(cover, 30, 30), At(cover, 58, 30) }.Select(value => MathF.Round(value, 2)));
        Assert.Equal((0.25f, 0f), cover.Placement.ToPicture(0, 0));

        static float At(PictureModel model, int x, int y) => model.Output(0).Pointer[y * 60 + x];
    }

    [Fact]
    public void Run_every_keeps_the_last_result_for_the_pictures_between()
    {
        const string Fields = """ "input": { "size": [64, 64] }, "output": { "kind": "image" }, "run_every": 3 """;
        using PictureModel model = Open("seldom", InterfaceModels.SamePicture("x", "y", OnnxModels.Float, 1, 3, 64, 64), Fields);
        bool[] runs = [.. Enumerable.Range(0, 7).Select(i => Run(model, 64, 64, i * 33, (byte)(16 + 20 * i)))];
        Assert.Equal([true, false, false, true, false, false, true], runs);
        AssertAll(120 / 219f, model.Output(0), 0.01f);
    }

    [Fact]
    public void Max_fps_keeps_the_last_result_whatever_the_rate_of_the_pictures()
    {
        const string Fields = """ "input": { "size": [64, 64] }, "output": { "kind": "image" }, "max_fps": 10 """;
        using PictureModel model = Open("slow", InterfaceModels.SamePicture("x", "y", OnnxModels.Float, 1, 3, 64, 64), Fields);
        int runs = Enumerable.Range(0, 60).Count(i => Run(model, 64, 64, i * 1000 / 60));
        Assert.InRange(runs, 9, 12);
        Assert.True(Run(model, 64, 64, 0), "A clock that goes back must not stop the model.");
    }

    [Fact]
    public void A_model_that_does_not_fit_its_manifest_is_told_with_all_differences()
    {
        const string Fields =
            """ "input": { "name": "picture", "size": [64, 64] }, "output": [{ "name": "y", "kind": "image" }, { "name": "z", "kind": "mask" }], "state": [{ "in": "h", "out": "c", "shape": [1] }] """;
        var e = Assert.Throws<MediaException>(() => Open("other", InterfaceModels.SamePicture("x", "y", OnnxModels.Float, 1, 3, 64, 64), Fields));
        Assert.Contains("does not fit its manifest", e.Message);
        Assert.All(
            ["it has no input picture (it has x)", "it has no input h (it has x)", "it has the input x, too", "it has no output z (it has y)", "it has no output c (it has y)"],
            problem => Assert.Contains(problem, e.Message));
    }

    [Theory]
    [InlineData(""" "input": { "size": [32, 64] } """, "the input x is [1, 3, 64, 64], not [1, 3, 64, 32]")]
    [InlineData(""" "input": { "multiple_of": 8 } """, "it takes that size only, which input.size has to say")]
    [InlineData(""" "input": { "size": [64, 64], "dtype": "uint8" } """, "the input x is of Float, not UInt8")]
    [InlineData(""" "input": { "size": [64, 64], "layout": "nhwc" } """, "the input x is [1, 3, 64, 64], not [1, 64, 64, 3]")]
    public void A_picture_that_the_model_does_not_take_is_told_before_it_runs(string input, string problem)
    {
        var e = Assert.Throws<MediaException>(() =>
            Open("other", InterfaceModels.SamePicture("x", "y", OnnxModels.Float, 1, 3, 64, 64), input + """, "output": { "kind": "image" } """));
        Assert.Contains(problem, e.Message);
    }

    [Fact]
    public void A_result_that_is_no_picture_is_told()
    {
        using PictureModel model = Open("flat", InterfaceModels.Modnet(), """ "input": { "multiple_of": 8 }, "output": { "kind": "image" } """);
        var e = Assert.Throws<MediaException>(() => Run(model, 64, 64));
        Assert.Contains("gives [1, 1, 64, 64] for a picture of 64x64, and its manifest says image, 1 x 3 x height x width", e.Message);
    }

    [Fact]
    public void A_model_that_is_not_here_names_the_command_that_fetches_it()
    {
        var e = Assert.Throws<MediaException>(() => _store.CreatePictureModel("depth-anything-v2-small"));
        Assert.Equal("The model depth-anything-v2-small is not here yet (Apache-2.0). Fetch it by: ./comfystream model add depth-anything-v2-small", e.Message);
    }

    [Fact]
    public void An_id_that_nobody_knows_names_those_that_there_are()
    {
        var e = Assert.Throws<MediaException>(() => _store.CreatePictureModel("no-such"));
        Assert.StartsWith("There is no model named no-such; there are anime4k-x2-s, ", e.Message);
    }

    [Fact]
    public void Movenet_as_it_ships_finds_the_nose_in_the_face()
    {
        using PictureModel model = _store.CreatePictureModel("movenet-lightning");
        VideoFrame picture = Keep(Pictures.Astronaut(_pool));
        model.Run(picture, TimeSpan.Zero);
        ModelTensor points = model.Output(OutputKind.Points)!;
        Assert.Equal([1, 1, 17, 3], points.Shape);
        (float x, float y) = model.Placement.ToPicture(points.Pointer[1], points.Pointer[0]);
        Assert.True(points.Pointer[2] > 0.3f, $"The nose is seen with {points.Pointer[2]}.");
        Assert.InRange(x * 640, Pictures.AstronautFace.Left, Pictures.AstronautFace.Right);
        Assert.InRange(y * 360, Pictures.AstronautFace.Top, Pictures.AstronautFace.Bottom);
    }

    [Theory]
    [InlineData("selfie-segmentation-landscape")]
    [InlineData("blazeface-front-128")]
    [InlineData("anime4k-x2-s")]
    public void Every_model_that_ships_runs_as_its_manifest_says(string id)
    {
        using PictureModel model = _store.CreatePictureModel(id);
        VideoFrame picture = Keep(Pictures.Astronaut(_pool));
        Assert.True(model.Run(picture, TimeSpan.Zero));
        Assert.True(float.IsFinite(model.Output(0).Pointer[0]));
    }

    [Fact]
    public void A_model_is_loaded_once_for_all_streams()
    {
        using PictureModel first = Open("modnet", InterfaceModels.Modnet());
        File.WriteAllText(Path.Combine(_folder, "modnet.onnx"), "no model any more");
        using PictureModel second = _store.CreatePictureModel("modnet");
        Run(first, 64, 64);
        Run(second, 128, 64);
        Assert.Equal([1, 1, 64, 64], first.Output(0).Shape);
        Assert.Equal([1, 1, 64, 128], second.Output(0).Shape);
    }

    [Fact]
    public void A_run_allocates_nothing_once_warm()
    {
        using PictureModel model = Open("rvm-mobilenetv3", InterfaceModels.RobustVideoMatting());
        VideoFrame picture = Keep(Pictures.Flat(_pool, 64, 64, Grey, 128, 128));
        int pictures = 0;
        void RunFifty()
        {
            for (int i = 0; i < 50; i++)
                model.Run(picture, TimeSpan.FromMilliseconds(pictures++ * 33));
        }

        RunFifty();
        Assert.Equal(0, Allocated.By(RunFifty));
    }

    private static void AssertAll(float expected, ModelTensor tensor, float tolerance)
    {
        for (int i = 0; i < tensor.Length; i++)
            Assert.InRange(tensor.Pointer[i], expected - tolerance, expected + tolerance);
    }

    private VideoFrame Keep(VideoFrame picture)
    {
        _pictures.Add(picture);
        return picture;
    }

    /// <summary>The model's input as planar RGB 0 to 1.</summary>
    private float[] Colours(VideoFrame picture, string id, int element, string input, bool isNhwc, bool isBgr, float scale)
    {
        (int width, int height) = (36, 20);
        int[] shape = isNhwc ? [1, height, width, 3] : [1, 3, height, width];
        string layout = isNhwc ? "nhwc" : "nchw";
        using PictureModel model = Open(id, InterfaceModels.SamePicture("x", "y", element, shape), $$""" "input": { "size": [{{width}}, {{height}}], {{input}} }, "output": { "kind": "image", "layout": "{{layout}}" } """);
        model.Run(picture, TimeSpan.Zero);
        Assert.Equal((width, height), (model.Output(0).Width, model.Output(0).Height));
        float[] colours = new float[3 * width * height];
        for (int i = 0; i < colours.Length; i++)
        {
            (int color, int pixel) = (i / (width * height), i % (width * height));
            int place = isBgr ? 2 - color : color;
            colours[i] = model.Output(0).Pointer[isNhwc ? pixel * 3 + place : place * width * height + pixel] / scale;
        }

        return colours;
    }

    private bool Run(PictureModel model, int width, int height, double milliseconds = 0, byte luma = Grey)
    {
        VideoFrame picture = Keep(Pictures.Flat(_pool, width, height, luma, 128, 128));
        return model.Run(picture, TimeSpan.FromMilliseconds(milliseconds));
    }

    /// <summary>A model file under the manifest that ships.</summary>
    private PictureModel Open(string id, byte[] model)
    {
        File.WriteAllBytes(Path.Combine(_folder, id + ".onnx"), model);
        return _store.CreatePictureModel(id);
    }

    /// <summary>A model file under a manifest of its own.</summary>
    private PictureModel Open(string id, byte[] model, string fields)
    {
        string manifests = Directory.CreateDirectory(Path.Combine(_folder, "manifests")).FullName;
        File.WriteAllText(Path.Combine(manifests, id + ".json"), $$"""{ "id": "{{id}}", "task": "test", "licence": "MIT", "licence_url": "https://example.org", "source": "this test", {{fields}} }""");
        return Open(id, model);
    }
}
