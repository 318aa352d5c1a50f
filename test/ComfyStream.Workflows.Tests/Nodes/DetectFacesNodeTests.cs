using System.Text;
using ComfyStream.Media;
using ComfyStream.Workflows.Detection;

namespace ComfyStream.Workflows.Tests.Nodes;

public sealed class DetectFacesNodeTests : IDisposable
{
    private readonly VideoFramePool _pool = new();

    public void Dispose()
    {
        Assert.Equal(0, _pool.RentedCount);
        _pool.Dispose();
    }

    [Theory]
    [InlineData(640, 360, 0, 0, 1)]
    [InlineData(1280, 720, 0, 0, 2)] // A fifth of the width.
    [InlineData(1280, 720, -300, 100, 1.4)] // Close to the left edge.
    [InlineData(1280, 720, 560, 40, 1.5)]
    [InlineData(1280, 720, 20, 200, 0.65)] // These four are a sixteenth of the width.
    [InlineData(1280, 720, 350, 60, 0.65)]
    [InlineData(1280, 720, 880, 330, 0.65)]
    [InlineData(1280, 720, 500, 480, 0.65)]
    [InlineData(720, 1280, -100, 300, 1.2)]
    [InlineData(720, 1280, 100, 900, 0.7)]
    [InlineData(1680, 720, 1100, 300, 0.7)]
    [InlineData(720, 720, 100, 0, 0.7)]
    [InlineData(640, 480, 0, 100, 0.8)]
    [InlineData(320, 180, 0, 0, 0.5)]
    public void A_face_is_found_where_it_is(int width, int height, int left, int top, double scale)
    {
        using var node = new NodeRunner("DetectFaces", _pool);
        Box box = Assert.Single(node.RunForBoxes(Scene(width, height, (left, top, scale))));
        Assert.InRange(box.Score, 0.6, 1);
        Assert.InRange(Box.IntersectionOverUnion(box, TrueFace(width, height, (left, top, scale))), 0.6, 1);

        Assert.True(box.Points[0].X < box.Points[2].X && box.Points[2].X < box.Points[1].X, "nose between the eyes");
        Assert.True(box.Points[0].Y < box.Points[2].Y && box.Points[2].Y < box.Points[3].Y, "mouth below the nose");
    }

    [Fact]
    public void Two_faces_of_different_size_are_both_found()
    {
        (int, int, double)[] places = [(-260, 150, 1.6), (700, 60, 1)];
        using var node = new NodeRunner("DetectFaces", _pool);
        Box[] boxes = node.RunForBoxes(Scene(1280, 720, places));
        Assert.Equal(2, boxes.Length);
        Assert.All(places, place => Assert.Contains(boxes, box => Box.IntersectionOverUnion(box, TrueFace(1280, 720, place)) > 0.6f));
    }

    [Fact]
    public void Of_more_faces_than_asked_for_the_surest_is_given()
    {
        (int, int, double)[] places = [(-260, 150, 1.6), (700, 60, 1)];
        using var all = new NodeRunner("DetectFaces", _pool);
        using var one = new NodeRunner("DetectFaces", _pool, """{ "max_faces": 1 }""");
        Assert.Equal(all.RunForBoxes(Scene(1280, 720, places))[0], Assert.Single(one.RunForBoxes(Scene(1280, 720, places))));
    }

    [Fact]
    public void No_face_is_found_where_there_is_none()
    {
        using var node = new NodeRunner("DetectFaces", _pool);
        Assert.Empty(node.RunForBoxes(Scene(1280, 720)));
        Assert.Empty(node.RunForBoxes(Scene(640, 360)));
        Assert.Empty(node.RunForBoxes(Scene(1280, 720, (-720, 0, 2)))); // The rocket, and of the person an ear and a shoulder.
        Assert.Empty(node.RunForBoxes(Scene(1280, 720, (900, 100, 2)))); // The flag.
    }

    [Theory]
    [InlineData(1280, 720, 10)]
    [InlineData(1280, 720, 30)]
    [InlineData(1280, 720, 60)]
    [InlineData(2560, 720, 30)]
    public void A_small_face_stays_covered_where_it_is_from_the_first_picture_on_at_any_frame_rate(int width, int height, int framesPerSecond)
    {
        (int, int, double) place = (width - 560, 200, 0.8);
        using var node = new NodeRunner("DetectFaces", _pool, """{ "hold_ms": 100 }""");
        for (int i = 0; i < 12; i++)
        {
            Box box = Assert.Single(node.RunForBoxes(At(TimeSpan.FromSeconds((double)i / framesPerSecond), Scene(width, height, place))));
            Assert.InRange(Box.IntersectionOverUnion(box, TrueFace(width, height, place)), 0.6, 1);
        }
    }

    [Fact]
    public void A_small_face_that_comes_is_found_within_a_fifteenth_of_a_second_and_at_once_after_a_gap()
    {
        using var node = new NodeRunner("DetectFaces", _pool);
        (int, int, double) place = (600, 300, 0.8);
        Assert.Empty(node.RunForBoxes(Scene(1280, 720)));
        int count = 0;
        for (int i = 1; i <= 4; i++)
            count = node.RunForBoxes(At(TimeSpan.FromSeconds(i / 60.0), Scene(1280, 720, place))).Length;
        Assert.Equal(1, count);

        Assert.Empty(node.RunForBoxes(At(TimeSpan.FromSeconds(10), Scene(1280, 720))));
        Assert.Single(node.RunForBoxes(At(TimeSpan.FromSeconds(11), Scene(1280, 720, place))));
        Assert.Single(node.RunForBoxes(At(TimeSpan.FromSeconds(3), Scene(1280, 720, (100, 100, 0.8)))), box => box.Left < 0.4);
    }

    [Theory]
    [InlineData(500)]
    [InlineData(100)]
    [InlineData(1000)]
    public void A_face_that_is_gone_is_held_in_the_streams_time(int holdMs)
    {
        using var node = new NodeRunner("DetectFaces", _pool, $$"""{ "hold_ms": {{holdMs}} }""");
        for (int round = 0; round < 2; round++)
        {
            TimeSpan seen = TimeSpan.FromMinutes(round);
            Assert.Single(node.RunForBoxes(At(seen, Scene(640, 360, (0, 0, 1)))));
            for (int i = 1; 33 * i < holdMs; i++)
                Assert.Single(node.RunForBoxes(At(seen + TimeSpan.FromMilliseconds(33 * i), Scene(640, 360))));
            Assert.Empty(node.RunForBoxes(At(seen + TimeSpan.FromMilliseconds(holdMs), Scene(640, 360))));
        }
    }

    [Fact]
    public void A_held_face_stays_in_place_when_the_picture_gets_another_size()
    {
        using var node = new NodeRunner("DetectFaces", _pool);
        node.RunForBoxes(Scene(1280, 720, (0, 0, 2)));
        Box box = Assert.Single(node.RunForBoxes(At(TimeSpan.FromMilliseconds(33), Scene(640, 360))));
        Assert.InRange(Box.IntersectionOverUnion(box, TrueFace(1280, 720, (0, 0, 2))), 0.6, 1);
    }

    [Fact]
    public void A_damaged_model_fails_the_picture()
    {
        string folder = Directory.CreateTempSubdirectory("models-").FullName;
        try
        {
            // The bias of the scores: eight bytes after the last mention of its name, a field number and a length.
            const string Model = "blazeface-front-128.onnx";
            const string Bias = "functional_1/conv2d_17/BiasAdd/ReadVariableOp:0";
            byte[] bytes = File.ReadAllBytes(Path.Combine(Repository.Models, Model));
            int at = bytes.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes(Bias)) + Bias.Length;
            Assert.Equal("J\b"u8, bytes.AsSpan(at, 2));
            bytes.AsSpan(at + 2, 8).Fill(0xFF);
            File.WriteAllBytes(Path.Combine(folder, Model), bytes);

            using var node = new NodeRunner("DetectFaces", _pool, models: folder);
            var e = Assert.Throws<MediaException>(() => node.RunForBoxes(Scene(640, 360, (0, 0, 1))));
            Assert.StartsWith("The face model gave results that are not numbers", e.Message);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static VideoFrame At(TimeSpan mediaTime, VideoFrame frame)
    {
        frame.MediaTime = mediaTime;
        return frame;
    }

    /// <summary>The astronaut at those places of a grey picture.</summary>
    private VideoFrame Scene(int width, int height, params (int Left, int Top, double Scale)[] places)
    {
        VideoFrame scene = Pictures.Flat(_pool, width, height, 110, 128, 128);
        VideoFrame astronaut = Pictures.Astronaut(_pool);
        foreach ((int left, int top, double scale) in places)
            Pictures.Draw(scene, astronaut, left, top, scale);
        astronaut.Return();
        return scene;
    }

    private static Box TrueFace(int width, int height, (int Left, int Top, double Scale) place)
    {
        (double left, double top, double right, double bottom) = Pictures.AstronautFace;
        return new Box(X(left), Y(top), X(right), Y(bottom), 1);

        float X(double x) => (float)((place.Left + place.Scale * x) / width);

        float Y(double y) => (float)((place.Top + place.Scale * y) / height);
    }
}
