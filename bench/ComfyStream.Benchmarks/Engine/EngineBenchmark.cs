using System.Text;
using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Media;
using ComfyStream.Media.Libav;
using ComfyStream.Workflows;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Benchmarks.Engine;

/// <summary>What the workflow engine costs beside the nodes' own work.</summary>
internal static unsafe class EngineBenchmark
{
    private const int ChainLength = 20;
    private const int Gbrp = 71;

    private static readonly string[] BranchedWorkflows = ["background-blur", "depth-background-blur"];

    public static void Run(Arguments arguments)
    {
        int rounds = arguments.Number("rounds", 15, smoke: 1, most: 1000);
        (int width, int height) = arguments.Size("size", 1280, 720);
        if (!LibavCodecFactory.TryLoad(out _, out string problem))
            throw new ArgumentException(problem);
        Console.WriteLine($"{width}x{height}, best of {rounds} rounds in turns; {Machine.Description}");
        using var frames = new VideoFramePool(64);
        MeasureOwnCost(rounds, arguments.IsSmoke ? 10 : 2000, frames, width, height);
        MeasureConversions(rounds, arguments.IsSmoke ? 1 : 50, frames, width, height);
        MeasureBranches(rounds, arguments.IsSmoke ? 2 : 100, frames, width, height);
    }

    /// <summary>Nodes that do nothing: what is left is the engine's.</summary>
    private static void MeasureOwnCost(int rounds, int calls, VideoFramePool frames, int width, int height)
    {
        using var library = new WorkflowLibrary([], [], frames) { Catalog = new NodeCatalog(NodeCatalog.BuiltIn.Descriptors, [IdleNode.Descriptor]) };
        IFrameProcessor[] processors = [.. new[] { 0, ChainLength }.Select(length => Resolve(library, Chain(length)).CreateProcessor())];
        var measured = Measured.InTurns(rounds, calls, [.. processors.Select(processor => (Action)(() => processor.Process(frames.Rent(width, height)).Return()))]);
        Console.WriteLine();
        Console.WriteLine($"{ChainLength} nodes that do nothing   {measured[1].Cpu - measured[0].Cpu,8:F2} µs CPU a picture (0 nodes: {measured[0].Cpu:F2})");
        foreach (IFrameProcessor processor in processors)
            processor.Dispose();
    }

    private static void MeasureConversions(int rounds, int calls, VideoFramePool frames, int width, int height)
    {
        using var pictures = new RgbPicturePool();
        VideoFrame frame = frames.Rent(width, height);
        new Random(1).NextBytes(new Span<byte>(frame.Y, frame.StrideY * height));
        FillChroma(frame);
        RgbPicture rgb = pictures.Rent(width, height);
        byte[] packed = new byte[width * 3 * height + 64];
        fixed (byte* interleaved = packed)
        {
            byte* start = interleaved;
            using var toPacked = new PixelConverter(PixelConverter.FastBilinear);
            using var toPlanar = new PixelConverter(PixelConverter.FastBilinear);
            using var fromPacked = new PixelConverter(PixelConverter.FastBilinear);
            using var fromPlanar = new PixelConverter(PixelConverter.FastBilinear);
            var i420 = new PixelKind(PixelFormat.Yuv420P, ColorSpace.Smpte170M, false);
            var rgb24 = new PixelKind(PixelFormat.Rgb24, ColorSpace.Smpte170M, true);
            var gbrp = new PixelKind(Gbrp, ColorSpace.Smpte170M, true);
            var measured = Measured.InTurns(
                rounds, calls,
                () => PictureConverter.ToRgb(frame, rgb),
                () => Convert(toPacked, frame, start, rgb, i420, rgb24, back: false),
                () => Convert(toPlanar, frame, null, rgb, i420, gbrp, back: false),
                () => PictureConverter.ToI420(rgb, frame),
                () => Convert(fromPacked, frame, start, rgb, i420, rgb24, back: true),
                () => Convert(fromPlanar, frame, null, rgb, i420, gbrp, back: true));
            string[] names = ["I420 to planar RGB: ours", "  libswscale, to packed RGB24", "  libswscale, to planar GBR", "planar RGB to I420: ours", "  libswscale, from packed RGB24", "  libswscale, from planar GBR"];
            Console.WriteLine();
            for (int i = 0; i < names.Length; i++)
                Console.WriteLine($"{names[i],-34} {measured[i].Cpu,8:F0} µs CPU   {measured[i].Cpu / measured[i / 3 * 3].Cpu,6:F2} times ours");
        }

        rgb.Return();
        frame.Return();
    }

    private static void Convert(PixelConverter converter, VideoFrame frame, byte* packed, RgbPicture rgb, PixelKind i420, PixelKind kind, bool back)
    {
        byte** yuv = stackalloc byte*[4] { frame.Y, frame.U, frame.V, null };
        int* yuvStrides = stackalloc int[4] { frame.StrideY, frame.StrideUv, frame.StrideUv, 0 };
        byte** other = stackalloc byte*[4] { packed is null ? rgb.G : packed, packed is null ? rgb.B : null, packed is null ? rgb.R : null, null };
        int stride = packed is null ? rgb.Stride : 3 * frame.Width;
        int* otherStrides = stackalloc int[4] { stride, packed is null ? stride : 0, packed is null ? stride : 0, 0 };
        if (back)
            converter.Convert(other, otherStrides, frame.Width, frame.Height, kind, yuv, yuvStrides, frame.Width, frame.Height, i420);
        else
            converter.Convert(yuv, yuvStrides, frame.Width, frame.Height, i420, other, otherStrides, frame.Width, frame.Height, kind);
    }

    private static void FillChroma(VideoFrame frame)
    {
        new Random(2).NextBytes(new Span<byte>(frame.U, frame.StrideUv * (frame.Height / 2)));
        new Random(3).NextBytes(new Span<byte>(frame.V, frame.StrideUv * (frame.Height / 2)));
    }

    /// <summary>Latency is what branches are for; their CPU must not grow much.</summary>
    private static void MeasureBranches(int rounds, int calls, VideoFramePool frames, int width, int height)
    {
        using WorkflowLibrary library = ShippedWorkflows.Open(frames);
        Console.WriteLine();
        foreach (string name in BranchedWorkflows)
        {
            if (!library.TryResolve(name, out IWorkflow? workflow, out _))
                continue;
            MeasureBranches(name, (Workflow)workflow!, rounds, calls, frames, width, height);
        }

        MeasureBranches("people and faces", Resolve(library, TwoBranches), rounds, calls, frames, width, height);
    }

    private static void MeasureBranches(string name, Workflow workflow, int rounds, int calls, VideoFramePool frames, int width, int height)
    {
        TimeSpan time = TimeSpan.Zero;
        try
        {
            using IFrameProcessor alone = workflow.CreateProcessor(new BranchPool(0));
            using IFrameProcessor sideBySide = workflow.CreateProcessor(BranchPool.Shared);
            var measured = Measured.InTurns(rounds, calls, () => Process(alone), () => Process(sideBySide));
            Console.WriteLine(
                $"{name,-24} one after another {measured[0].Wall,7:F0} µs, {measured[0].Cpu,7:F0} µs CPU; side by side {measured[1].Wall,7:F0} µs, {measured[1].Cpu,7:F0} µs CPU: {measured[1].Wall / measured[0].Wall,4:F2} of the time, {measured[1].Cpu / measured[0].Cpu,4:F2} of the CPU");
        }
        catch (MediaException e)
        {
            Console.WriteLine($"{name,-24} {e.Message}");
        }

        void Process(IFrameProcessor processor)
        {
            VideoFrame frame = frames.Rent(width, height);
            time += TimeSpan.FromMilliseconds(33);
            frame.MediaTime = time;
            processor.Process(frame).Return();
        }
    }

    private const string TwoBranches =
        """
        {
          "in": { "class_type": "LoadTensor" },
          "p": { "class_type": "PersonSegmentation", "inputs": { "image": ["in", 0] } },
          "f": { "class_type": "DetectFaces", "inputs": { "image": ["in", 0] } },
          "g": { "class_type": "GaussianBlur", "inputs": { "image": ["in", 0] } },
          "c": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["g", 0], "source": ["in", 0], "mask": ["p", 0] } },
          "b": { "class_type": "BlurBoxes", "inputs": { "image": ["c", 0], "boxes": ["f", 0] } },
          "out": { "class_type": "SaveTensor", "inputs": { "images": ["b", 0] } }
        }
        """;

    private static Workflow Resolve(WorkflowLibrary library, string json) =>
        library.TryResolve(json, out IWorkflow? workflow, out string problem) ? (Workflow)workflow! : throw new ArgumentException(problem);

    private static string Chain(int length)
    {
        var graph = new StringBuilder("""{ "0": { "class_type": "LoadTensor" }""");
        for (int i = 0; i < length; i++)
            graph.Append($$$""", "{{{i + 1}}}": { "class_type": "Idle", "inputs": { "image": ["{{{i}}}", 0] } }""");
        return graph.Append($$$""", "out": { "class_type": "SaveTensor", "inputs": { "images": ["{{{length}}}", 0] } } }""").ToString();
    }

    /// <summary>Gives the picture on.</summary>
    private sealed class IdleNode : Node
    {
        public static readonly NodeDescriptor Descriptor = new()
        {
            ClassType = "Idle",
            Inputs = [new LinkInput("image", LinkType.Image)],
            Outputs = [LinkType.Image],
            Overwritable = 0,
            Create = static (_, _) => new IdleNode(),
        };

        public override void Run(NodeContext context)
        {
            VideoFrame image = context.Image(0);
            context.Target(image.Width, image.Height);
        }
    }
}
