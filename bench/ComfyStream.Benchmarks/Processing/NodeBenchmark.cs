using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using ComfyStream.Benchmarks.Camera;
using ComfyStream.Benchmarks.Relaying;
using ComfyStream.Media;
using ComfyStream.Media.Libav;
using ComfyStream.Workflows;
using ComfyStream.Workflows.Nodes;

namespace ComfyStream.Benchmarks.Processing;

/// <summary>What the nodes for pictures and masks cost a picture of 1280x720, each by itself on one thread, in each of its formats.</summary>
internal static class NodeBenchmark
{
    private const int Width = 1280;
    private const int Height = 720;
    private const int FramesPerSecond = 30;
    private const string WithoutRgb = "-";

    /// <summary>Until the runtime has compiled a node's loops for good.</summary>
    private static readonly TimeSpan _warmUp = TimeSpan.FromSeconds(0.6);

    /// <summary>As they would be used in a stream.</summary>
    private static readonly (string ClassType, string Settings)[] _nodes =
    [
        ("ImageScale", """{ "upscale_method": "nearest-exact", "width": 640, "height": 360 }"""),
        ("ImageScale", """{ "upscale_method": "bilinear", "width": 640, "height": 360 }"""),
        ("ImageScale", """{ "upscale_method": "area", "width": 640, "height": 360 }"""),
        ("ImageScale", """{ "upscale_method": "lanczos", "width": 640, "height": 360 }"""),
        ("ImageScale", """{ "upscale_method": "bicubic", "width": 1920, "height": 1080 }"""),
        ("ImageCrop", """{ "width": 640, "height": 360, "x": 100, "y": 50 }"""),
        ("ImageFlip", """{ "flip_method": "y-axis: horizontally" }"""),
        ("ImageRotate", """{ "rotation": "90 degrees" }"""),
        ("ImagePadForOutpaint", """{ "left": 64, "right": 64 }"""),
        ("ImageInvert", "{}"),
        ("ImageBlend", """{ "blend_mode": "normal" }"""),
        ("ImageBlend", """{ "blend_mode": "overlay" }"""),
        ("ImageBlur", "{}"),
        ("ImageBlur", """{ "blur_radius": 10 }"""),
        ("GaussianBlur", "{}"),
        ("ImageSharpen", """{ "alpha": 0.1 }"""),
        ("ImageQuantize", """{ "colors": 16 }"""),
        ("ImageQuantize", """{ "colors": 16, "dither": "floyd-steinberg" }"""),
        ("ImageQuantize", """{ "colors": 16, "dither": "bayer-4" }"""),
        ("Canny", "{}"),
        ("Canny", """{ "low_threshold": 0.1, "high_threshold": 0.2 }"""),
        ("Morphology", """{ "operation": "dilate", "kernel_size": 3 }"""),
        ("Morphology", """{ "operation": "open", "kernel_size": 31 }"""),
        ("ImageCompositeMasked", "{}"),
        ("Composite", "{}"),
        ("ImageColorToMask", "{}"),
        ("ImageToMask", "{}"),
        ("SplitImageWithAlpha", "{}"),
        ("JoinImageWithAlpha", "{}"),
        ("MaskToImage", "{}"),
        ("InvertMask", "{}"),
        ("ThresholdMask", "{}"),
        ("CropMask", "{}"),
        ("FeatherMask", """{ "left": 40, "right": 40 }"""),
        ("GrowMask", """{ "expand": 10 }"""),
        ("GrowMask", """{ "expand": -10, "tapered_corners": false }"""),
        ("MaskComposite", "{}"),
    ];

    public static void Run(Arguments arguments)
    {
        int pictures = arguments.Number("pictures", otherwise: 100, smoke: 3, most: 10_000);
        TimeSpan warmUp = arguments.IsSmoke ? TimeSpan.Zero : _warmUp;
        string only = arguments.Text("only", "");
        Console.WriteLine($"Nodes on pictures of {Width}x{Height}, one thread; {Machine.Description}");
        Console.WriteLine();
        Console.WriteLine("| Node | Settings | I420: ms (least) | RGB: ms (least) |");
        Console.WriteLine("| --- | --- | --- | --- |");
        using var frames = new VideoFramePool(64);
        using WorkflowLibrary library = ShippedWorkflows.Open(frames);
        List<VideoFrame> clip = Decode(frames);
        foreach ((string classType, string settings) in _nodes)
        {
            if (!classType.Contains(only, StringComparison.Ordinal))
                continue;
            string shown = settings == "{}" ? "" : settings.Trim('{', '}', ' ').Replace("\"", "", StringComparison.Ordinal);
            string[] costs = [.. new[] { PictureFormat.I420, PictureFormat.Rgb }.Select(format => Measure(library, frames, clip, classType, settings, format, pictures, warmUp))];
            Console.WriteLine($"| `{classType}` | {shown} | {costs[0]} | {costs[1]} |");
        }

        clip.ForEach(picture => picture.Return());
    }

    private static List<VideoFrame> Decode(VideoFramePool frames)
    {
        if (!LibavCodecFactory.TryLoad(out LibavCodecFactory? codecs, out string problem))
            throw new InvalidOperationException(problem);
        CameraClip clip = CameraClip.Create(codecs, Width, Height, FramesPerSecond);
        using IVideoDecoder decoder = codecs.CreateVideoDecoder(MediaCodec.H264, frames);
        var pictures = new List<VideoFrame>();
        foreach (EncodedFrame coded in clip.Pictures)
        {
            decoder.TryWrite(coded);
            while (decoder.TryRead(out VideoFrame? picture))
                pictures.Add(picture!);
        }

        return pictures;
    }

    /// <summary>The median of the node's own time, and the least of it; "-" where it does not work in that format.</summary>
    private static string Measure(
        WorkflowLibrary library, VideoFramePool frames, List<VideoFrame> clip, string classType, string settings, PictureFormat format, int pictures, TimeSpan warmUp)
    {
        if (!NodeCatalog.BuiltIn.TryFind(classType, out NodeDescriptor? descriptor))
            throw new ArgumentException($"There is no node {classType}.");
        bool hasPictures = descriptor.Links.Any(link => link.Type == LinkType.Image) || descriptor.Outputs.Any(output => output.Type == LinkType.Image);
        if (!descriptor.Formats.Contains(format) || (!hasPictures && format == PictureFormat.Rgb))
            return WithoutRgb;

        string graph = Graph(descriptor, settings, format == PictureFormat.Rgb && descriptor.Formats.Contains(PictureFormat.I420));
        if (!library.TryResolve(graph, out IWorkflow? workflow, out string problem))
            throw new InvalidOperationException(problem);
        using IFrameProcessor processor = workflow!.CreateProcessor();
        double[] times = new double[pictures];
        long begun = Stopwatch.GetTimestamp();
        for (int i = 0, shown = 0; i < pictures; shown++)
        {
            VideoFrame source = clip[shown % clip.Count];
            VideoFrame input = frames.Rent(Width, Height);
            input.CopyPixelsFrom(source);
            input.CopyPropertiesFrom(source);
            input.MediaTime = TimeSpan.FromSeconds((double)shown / FramesPerSecond);
            processor.Process(input).Return();
            if (Stopwatch.GetElapsedTime(begun) >= warmUp)
                times[i++] = processor.Timings.First(timing => timing.NodeId == "node" && timing.ClassType == classType).Last.TotalMilliseconds;
        }

        Array.Sort(times);
        return string.Create(CultureInfo.InvariantCulture, $"{times[pictures / 2]:F2} ({times[0]:F2})");
    }

    /// <summary>
    /// The stream's picture and what is made of it as inputs, and what it takes to make a picture of the result. Between two nodes that
    /// know RGB only, one that knows both works in RGB.
    /// </summary>
    private static string Graph(NodeDescriptor descriptor, string settings, bool isRgb)
    {
        var graph = new JsonObject
        {
            ["stream"] = Node("LoadTensor"),
            ["first"] = isRgb ? Node("Morphology", ("image", "stream", 0)) : Node("ImageInvert", ("image", "stream", 0)),
            ["second"] = Node("ImageFlip", ("image", "first", 0)),
            ["mask"] = Node("ImageToMask", ("image", "first", 0)),
            ["still mask"] = Node("SolidMask"),
        };
        ((JsonObject)graph["still mask"]!)["inputs"] = new JsonObject { ["value"] = 0.5, ["width"] = 256, ["height"] = 144 };
        bool makesPicture = descriptor.Outputs[0].Type == LinkType.Image;
        var inputs = (JsonObject)JsonNode.Parse(settings)!;
        int images = 0;
        foreach (LinkInput link in descriptor.Links)
        {
            string from = link.Type == LinkType.Image ? (images++ == 0 ? "first" : "second") : descriptor.Links.Any(other => other.Type == LinkType.Image) ? "still mask" : "mask";
            inputs[link.Name] = new JsonArray(from, 0);
        }

        graph["node"] = new JsonObject { ["class_type"] = descriptor.ClassType, ["inputs"] = inputs };
        string last = "node";
        if (!makesPicture)
            graph[last = "picture"] = Node("MaskToImage", ("mask", "node", 0));
        if (isRgb)
        {
            graph["rgb"] = Node("Morphology", ("image", last, 0));
            last = "rgb";
        }

        graph["result"] = Node("SaveTensor", ("images", last, 0));
        return graph.ToJsonString();
    }

    private static JsonObject Node(string classType, params (string Input, string From, int Output)[] links) => new()
    {
        ["class_type"] = classType,
        ["inputs"] = new JsonObject(links.Select(link => KeyValuePair.Create(link.Input, (JsonNode?)new JsonArray(link.From, link.Output)))),
    };
}
