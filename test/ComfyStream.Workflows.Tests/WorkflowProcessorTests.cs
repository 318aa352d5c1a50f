using ComfyStream.Media;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests;

public sealed class WorkflowProcessorTests
{
    [Theory]
    [InlineData("passthrough")]
    [InlineData("invert")]
    [InlineData("background-blur")]
    [InlineData("face-blur")]
    [InlineData("upscale")]
    [InlineData("pose")]
    [InlineData("edges")]
    [InlineData("background-replace")]
    public void A_picture_allocates_nothing_once_warm(string name)
    {
        using var pool = new VideoFramePool();
        VideoFrame person = Pictures.Astronaut(pool);
        using (WorkflowProcessor processor = Start(Graphs.Shipped(name), pool))
        {
            Run(60);
            Assert.Equal(0, Allocated.By(() => Run(30)));

            void Run(int count)
            {
                for (int i = 0; i < count; i++)
                {
                    VideoFrame frame = pool.Rent(640, 360);
                    frame.CopyPixelsFrom(person);
                    frame.MediaTime = TimeSpan.FromMilliseconds(33 * i);
                    processor.Process(frame).Return();
                }
            }
        }

        person.Return();
        Assert.Equal(0, pool.RentedCount);
    }

    [Theory]
    [InlineData("invert")]
    [InlineData("background-blur")]
    [InlineData("face-blur")]
    [InlineData("pose")]
    [InlineData("edges")]
    [InlineData("background-replace")]
    public void Size_may_change_from_picture_to_picture_and_times_go_along(string name)
    {
        using var pool = new VideoFramePool();
        using (WorkflowProcessor processor = Start(Graphs.Shipped(name), pool))
        {
            foreach ((int width, int height) in new[] { (640, 360), (1280, 720), (322, 178), (720, 1280), (16, 16), (640, 360) })
            {
                VideoFrame frame = Pictures.Noise(pool, width, height, seed: width);
                frame.IsBt709 = width > 640;
                frame.MediaTime = TimeSpan.FromSeconds(width);
                frame.FirstArrival = TimeSpan.FromSeconds(width + 1);
                frame.LastArrival = TimeSpan.FromSeconds(width + 2);

                VideoFrame result = processor.Process(frame);

                Assert.Equal((width, height, width > 640), (result.Width, result.Height, result.IsBt709));
                Assert.Equal((width, width + 1, width + 2), (result.MediaTime.TotalSeconds, result.FirstArrival.TotalSeconds, result.LastArrival.TotalSeconds));
                result.Return();
            }
        }

        Assert.Equal(0, pool.RentedCount);
    }

    [Fact]
    public void Invert_works_on_the_input_itself()
    {
        using var pool = new VideoFramePool();
        using WorkflowProcessor processor = Start(Graphs.Shipped("invert"), pool);
        VideoFrame frame = Pictures.Flat(pool, 64, 64, 100, 90, 200);
        Assert.Same(frame, processor.Process(frame));
        Assert.Equal((151, 166, 56), (Pictures.Get(frame, Plane.Y, 9, 9), Pictures.Get(frame, Plane.U, 9, 9), Pictures.Get(frame, Plane.V, 9, 9)));
        frame.Return();
    }

    [Theory]
    [InlineData("""["1", 0]""")]
    [InlineData("""["2", 0]""")]
    public void A_node_that_throws_leaves_no_picture_out_and_the_next_one_is_processed(string failingInput)
    {
        var catalog = new NodeCatalog([LoadTensorNode.Descriptor, SaveTensorNode.Descriptor, ImageInvertNode.Descriptor, ImageCompositeMaskedNode.Descriptor, FlakyNode.Descriptor]);
        using var pool = new VideoFramePool();
        using WorkflowProcessor processor = Start(
            $$"""
            {
              "1": { "class_type": "LoadTensor" },
              "2": { "class_type": "ImageInvert", "inputs": { "image": ["1", 0] } },
              "3": { "class_type": "Flaky", "inputs": { "image": {{failingInput}} } },
              "4": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["3", 0], "source": ["1", 0] } },
              "5": { "class_type": "SaveTensor", "inputs": { "images": ["4", 0] } }
            }
            """,
            pool,
            catalog);

        for (int i = 0; i < 3; i++)
        {
            Assert.Throws<InvalidDataException>(() => processor.Process(pool.Rent(64, 64)));
            Assert.Equal(0, pool.RentedCount);
            processor.Process(pool.Rent(64, 64)).Return();
            Assert.Equal(0, pool.RentedCount);
        }
    }

    [Fact]
    public void Background_blur_keeps_the_face_and_takes_the_detail_from_the_background()
    {
        using var pool = new VideoFramePool();
        using WorkflowProcessor processor = Start(Graphs.Shipped("background-blur"), pool);
        VideoFrame source = Pictures.Astronaut(pool);
        double[,] before = Pictures.Read(source, Plane.Y);
        VideoFrame result = processor.Process(source);
        double[,] after = Pictures.Read(result, Plane.Y);
        result.Return();

        Assert.InRange(Pictures.Psnr(before, after, 240, 110, 325, 210), 42, double.PositiveInfinity);
        foreach ((int left, int top, int right, int bottom) in new[] { (0, 0, 70, 160), (470, 150, 560, 300) })
            Assert.InRange(Pictures.Detail(after, left, top, right, bottom) / Pictures.Detail(before, left, top, right, bottom), 0, 0.1);
    }

    [Fact]
    public void Face_blur_takes_the_face_and_leaves_everything_else_byte_for_byte()
    {
        using var pool = new VideoFramePool();
        using WorkflowProcessor processor = Start(Graphs.Shipped("face-blur"), pool);
        VideoFrame source = Pictures.Astronaut(pool);
        double[][,] before = [.. Pictures.Planes.Select(plane => Pictures.Read(source, plane))];
        VideoFrame result = processor.Process(source);
        Assert.Same(source, result);

        (double left, double top, double right, double bottom) = Pictures.AstronautFace;
        (double reachX, double reachY) = (0.55 * (right - left), 0.55 * (bottom - top));
        foreach (Plane plane in Pictures.Planes)
        {
            int scale = plane == Plane.Y ? 1 : 2;
            double[,] after = Pictures.Read(result, plane);
            for (int y = 0; y < after.GetLength(0); y++)
            {
                for (int x = 0; x < after.GetLength(1); x++)
                {
                    if (x * scale < left - reachX || x * scale > right + reachX || y * scale < top - reachY || y * scale > bottom + reachY)
                        Assert.Equal(before[(int)plane][y, x], after[y, x]);
                }
            }

            (int x0, int y0, int x1, int y1) = ((int)left / scale, (int)(top + 30) / scale, (int)right / scale, (int)(bottom - 30) / scale);
            Assert.InRange(Pictures.Detail(after, x0, y0, x1, y1) / Pictures.Detail(before[(int)plane], x0, y0, x1, y1), 0, 0.1);
            Assert.InRange(Pictures.Psnr(before[(int)plane], after, x0, y0, x1, y1), 0, plane == Plane.Y ? 22 : 40);
        }

        result.Return();
    }

    [Fact]
    public void Face_blur_allocates_nothing_while_faces_come_and_go()
    {
        using var pool = new VideoFramePool();
        using WorkflowProcessor processor = Start(Graphs.Shipped("face-blur").Replace("500", "100"), pool);
        VideoFrame face = Pictures.Astronaut(pool);
        VideoFrame empty = Pictures.Flat(pool, 640, 360, 110, 128, 128);
        Run(60);
        Assert.Equal(0, Allocated.By(() => Run(30)));
        face.Return();
        empty.Return();
        Assert.Equal(0, pool.RentedCount);

        void Run(int count)
        {
            for (int i = 0; i < count; i++)
            {
                VideoFrame frame = pool.Rent(640, 360);
                FrameCopier.Copy(i % 10 < 4 ? face : empty, frame);
                frame.MediaTime = TimeSpan.FromMilliseconds(33 * i);
                processor.Process(frame).Return();
            }
        }
    }

    [Fact]
    public void Nodes_for_live_video_allocate_nothing_once_warm()
    {
        using var pool = new VideoFramePool();
        VideoFrame person = Pictures.Astronaut(pool);
        using (WorkflowProcessor processor = Start(
            """
            {
              "1": { "class_type": "LoadTensor" },
              "2": { "class_type": "FrameRateLimit", "inputs": { "image": ["1", 0], "fps": 15 } },
              "3": { "class_type": "MotionGate", "inputs": { "image": ["2", 0], "max_skip": 3 } },
              "4": { "class_type": "DetectPose", "inputs": { "image": ["3", 0] } },
              "5": { "class_type": "DrawPose", "inputs": { "image": ["1", 0], "poses": ["4", 0], "background": "black" } },
              "6": { "class_type": "Crossfade", "inputs": { "image1": ["5", 0], "image2": ["2", 0], "mix": 0.3 } },
              "7": { "class_type": "TextOverlay", "inputs": { "image": ["6", 0], "text": "{clock} {time}\n{frame} {fps}" } },
              "8": { "class_type": "SaveTensor", "inputs": { "images": ["7", 0] } }
            }
            """,
            pool))
        {
            Run(60);
            Assert.Equal(0, Allocated.By(() => Run(30)));

            void Run(int count)
            {
                for (int i = 0; i < count; i++)
                {
                    VideoFrame frame = pool.Rent(640, 360);
                    FrameCopier.Copy(person, frame);
                    frame.MediaTime = TimeSpan.FromMilliseconds(33 * i);
                    processor.Process(frame).Return();
                }
            }
        }

        person.Return();
        Assert.Equal(0, pool.RentedCount);
    }

    [Theory]
    [InlineData("blur", false)]
    [InlineData("pass", true)]
    public void When_nobody_is_there_for_long_only_pass_opens_the_picture(string whenEmpty, bool opens)
    {
        using var pool = new VideoFramePool();
        using WorkflowProcessor processor = Start(Graphs.Shipped("background-blur").Replace("\"when_empty\": \"blur\"", $"\"when_empty\": \"{whenEmpty}\""), pool);
        double[] detail = new double[61];
        for (int i = 0; i < detail.Length; i++)
        {
            VideoFrame stripes = pool.Rent(320, 180);
            Pictures.Fill(stripes, (plane, x, _) => plane == Plane.Y ? (byte)(x % 8 < 4 ? 90 : 130) : (byte)128);
            stripes.MediaTime = TimeSpan.FromSeconds(i / 30.0);
            VideoFrame result = processor.Process(stripes);
            detail[i] = Pictures.Detail(Pictures.Read(result, Plane.Y), 0, 0, 320, 180);
            result.Return();
        }

        double full = 40 * 40 / 4.0;
        Assert.InRange(detail[29], 0, full * 0.02);
        Assert.InRange(detail[60], opens ? full * 0.95 : 0, opens ? full * 1.05 : full * 0.02);
    }

    private static WorkflowProcessor Start(string json, VideoFramePool pool, NodeCatalog? catalog = null) =>
        Graphs.Start(json, new NodeResources(new ModelStore([Repository.Models]), pool, new RgbPicturePool()), catalog);

    /// <summary>Fails on every other picture, after it took a picture for its result.</summary>
    private sealed class FlakyNode : Node
    {
        public static readonly NodeDescriptor Descriptor = new()
        {
            ClassType = "Flaky",
            Inputs = [new LinkInput("image", LinkType.Image)],
            Outputs = [LinkType.Image],
            Overwritable = 0,
            Create = static (_, _) => new FlakyNode(),
        };

        private int _count;

        public override void Run(NodeContext context)
        {
            context.Target(64, 64);
            if (_count++ % 2 == 0)
                throw new InvalidDataException("flaky");
        }
    }
}
