using ComfyStream.Media;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests.Nodes;

/// <summary>The gates by what a detector after them does: how often it runs.</summary>
public sealed class MotionGateNodeTests
{
    private const int Rate = 30;

    [Fact]
    public void A_detector_rests_while_the_picture_stays_and_looks_again_when_something_moves()
    {
        using var gate = new GatedStream("""{ "class_type": "MotionGate", "inputs": { "image": ["1", 0], "max_skip": 1000 } }""");
        Assert.Equal(1, gate.Run(20, frame => Room(frame, handAt: 100)));
        Assert.Equal(1, gate.Run(1, frame => Room(frame, handAt: 300)));
        Assert.Equal(0, gate.Run(20, frame => Room(frame, handAt: 300)));
        Assert.Equal(5, gate.Run(5, (frame, i) => Room(frame, handAt: 320 + 20 * i)));
    }

    [Fact]
    public void The_noise_of_a_camera_is_no_motion()
    {
        using var gate = new GatedStream("""{ "class_type": "MotionGate", "inputs": { "image": ["1", 0], "max_skip": 1000 } }""");
        var random = new Random(3);
        Assert.Equal(1, gate.Run(20, frame => Pictures.Fill(frame, (_, _, _) => (byte)(100 + random.Next(-8, 9)))));
    }

    [Fact]
    public void What_changes_slowly_counts_in_the_end_because_it_is_held_against_the_last_that_counted()
    {
        using var gate = new GatedStream("""{ "class_type": "MotionGate", "inputs": { "image": ["1", 0], "max_skip": 1000 } }""");
        Assert.Equal(4, gate.Run(31, (frame, i) => Pictures.Fill(frame, (_, _, _) => (byte)(100 + i / 3))));
    }

    [Fact]
    public void After_so_many_one_counts_and_another_size_does_at_once()
    {
        using var gate = new GatedStream("""{ "class_type": "MotionGate", "inputs": { "image": ["1", 0], "max_skip": 4 } }""");
        Assert.Equal(4, gate.Run(20, frame => Room(frame, handAt: 100)));
        gate.Size = (322, 182);
        Assert.Equal(1, gate.Run(3, frame => Room(frame, handAt: 100)));
    }

    [Fact]
    public void The_picture_goes_through_as_it_is()
    {
        using var pool = new VideoFramePool();
        foreach (string classType in new[] { "MotionGate", "FrameRateLimit" })
        {
            using var node = new NodeRunner(classType, pool, overwrites: true);
            VideoFrame source = Pictures.Noise(pool, 64, 48, seed: 1);
            Assert.Same(source, node.Run(source));
            source.Return();
        }

        Assert.Equal(0, pool.RentedCount);
    }

    [Theory]
    [InlineData(10, 30, 10)]
    [InlineData(12, 60, 24)]
    [InlineData(60, 30, 30)]
    [InlineData(7, 90, 21)]
    public void So_many_pictures_a_second_count(int limit, int pictures, int counting)
    {
        using var gate = new GatedStream($$"""{ "class_type": "FrameRateLimit", "inputs": { "image": ["1", 0], "fps": {{limit}} } }""");
        Assert.InRange(gate.Run(pictures, (frame, i) => Pictures.Fill(frame, (_, _, _) => (byte)i)), counting, counting + 1);
    }

    [Fact]
    public void In_between_the_last_picture_is_shown_again()
    {
        using var pool = new VideoFramePool();
        using (var node = new NodeRunner("FrameRateLimit", pool, """{ "fps": 10 }"""))
        {
            Assert.Equal([0, 0, 0, 3, 3, 3, 6], Enumerable.Range(0, 7).Select(Run));
            Assert.Equal(2, Run(2)); // the publisher began anew
            Assert.Equal(100, Run(100));

            int Run(int number)
            {
                VideoFrame frame = Pictures.Flat(pool, 64, 48, (byte)number, 128, 128);
                frame.MediaTime = number * TimeSpan.FromSeconds(1.0 / Rate);
                VideoFrame result = node.Run(frame);
                int level = Pictures.Get(result, Plane.Y, 30, 30);
                result.Return();
                return level;
            }
        }

        Assert.Equal(0, pool.RentedCount);
    }

    /// <summary>A wall, and something as large as a hand before it.</summary>
    private static void Room(VideoFrame frame, int handAt) =>
        Pictures.Fill(frame, (_, x, y) => (byte)(x >= handAt && x < handAt + 40 && y is >= 80 and < 120 ? 180 : 60 + x / 8));

    /// <summary>A gate with a node after it that gives no picture and counts how often it runs.</summary>
    private sealed class GatedStream : IDisposable
    {
        private readonly VideoFramePool _pool = new();
        private readonly RgbPicturePool _pictures = new();
        private readonly ModelStore _models = new([]);
        private readonly MaskPlane _mask = new(8, 8);
        private readonly ScriptedNode.Log _log = new();
        private readonly WorkflowProcessor _processor;
        private int _number;

        public GatedStream(string gate)
        {
            NodeDescriptor counting = ScriptedNode.Describe("Count", _log, context => context.SetMask(_mask), [LinkType.Image], [LinkType.Mask]);
            _processor = Graphs.Start(
                $$"""
                {
                  "1": { "class_type": "LoadTensor" },
                  "2": {{gate}},
                  "3": { "class_type": "Count", "inputs": { "in0": ["2", 0] } },
                  "4": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["1", 0], "source": ["2", 0], "mask": ["3", 0] } },
                  "5": { "class_type": "SaveTensor", "inputs": { "images": ["4", 0] } }
                }
                """,
                new NodeResources(_models, _pool, _pictures),
                new NodeCatalog([.. NodeCatalog.BuiltIn.Descriptors, counting]));
        }

        public (int Width, int Height) Size { get; set; } = (640, 360);

        public int Run(int pictures, Action<VideoFrame> draw) => Run(pictures, (frame, _) => draw(frame));

        public int Run(int pictures, Action<VideoFrame, int> draw)
        {
            int before = _log.Runs;
            for (int i = 0; i < pictures; i++)
            {
                VideoFrame frame = _pool.Rent(Size.Width, Size.Height);
                draw(frame, i);
                frame.MediaTime = _number++ * TimeSpan.FromSeconds(1.0 / Rate);
                _processor.Process(frame).Return();
            }

            return _log.Runs - before;
        }

        public void Dispose()
        {
            _processor.Dispose();
            Assert.Equal(0, _pool.RentedCount);
            _pool.Dispose();
            _pictures.Dispose();
            _models.Dispose();
            _mask.Dispose();
        }
    }
}
