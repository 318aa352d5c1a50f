using System.IO.Compression;
using ComfyStream.Media;
using ComfyStream.Workflows.Detection;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests;

/// <summary>What the engine does around its nodes.</summary>
public sealed unsafe class PlanRunnerTests : IDisposable
{
    private readonly string _input = Directory.CreateTempSubdirectory("input-").FullName;
    private readonly VideoFramePool _frames = new();
    private readonly RgbPicturePool _pictures = new();
    private readonly ModelStore _models = new([]);
    private readonly ScriptedNode.Log _log = new();

    public void Dispose()
    {
        Assert.Equal((0, 0), (_frames.RentedCount, _pictures.RentedCount));
        _models.Dispose();
        _frames.Dispose();
        _pictures.Dispose();
        Directory.Delete(_input, recursive: true);
    }

    [Fact]
    public void A_graph_of_twenty_nodes_in_both_formats_allocates_nothing_once_warm()
    {
        Action<NodeContext> run = ScriptedNode.GivesPicture();
        NodeCatalog catalog = new(
            NodeCatalog.BuiltIn.Descriptors,
            [ScriptedNode.Describe("Rgb", new() { }, context => run(context), [LinkType.Image], [LinkType.Image], [PictureFormat.Rgb])]);
        var graph = new System.Text.StringBuilder("""{ "0": { "class_type": "LoadTensor" }""");
        for (int i = 0; i < 20; i++)
            graph.Append($$$""", "{{{i + 1}}}": { "class_type": "{{{(i % 5 == 2 ? "Rgb" : "ImageInvert")}}}", "inputs": { "{{{(i % 5 == 2 ? "in0" : "image")}}}": ["{{{i}}}", 0] } }""");
        graph.Append(""", "out": { "class_type": "SaveTensor", "inputs": { "images": ["20", 0] } } }""");
        using WorkflowProcessor processor = Graphs.Start(graph.ToString(), Resources(), catalog);

        Run(40);
        Assert.Equal(0, Allocated.By(() => Run(20)));

        void Run(int count)
        {
            for (int i = 0; i < count; i++)
                processor.Process(_frames.Rent(64, 64)).Return();
        }
    }

    [Fact]
    public void Each_output_of_a_node_goes_to_those_who_link_to_it_and_one_that_nobody_reads_is_given_back()
    {
        NodeCatalog catalog = new(
            NodeCatalog.BuiltIn.Descriptors,
            [
                ScriptedNode.Describe(
                    "Three",
                    _log,
                    context =>
                    {
                        for (int output = 0; output < 3; output++)
                            new Span<byte>(context.Target(64, 64, output).Y, 64).Fill((byte)(100 + output));
                    },
                    [LinkType.Image],
                    [LinkType.Image, LinkType.Image, LinkType.Image]),
            ]);
        using WorkflowProcessor processor = Graphs.Start(
            """
            {
              "in": { "class_type": "LoadTensor" },
              "t": { "class_type": "Three", "inputs": { "in0": ["in", 0] } },
              "c": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["t", 0], "source": ["t", 2], "x": 32 } },
              "out": { "class_type": "SaveTensor", "inputs": { "images": ["c", 0] } }
            }
            """,
            Resources(),
            catalog);
        VideoFrame result = processor.Process(_frames.Rent(64, 64));
        Assert.Equal((100, 102), (result.Y[0], result.Y[32]));
        result.Return();
    }

    [Fact]
    public void A_node_that_gives_no_picture_rests_while_what_it_reads_is_unchanged()
    {
        bool isUnchanged = false;
        var detector = new ScriptedNode.Log();
        var boxes = new BoxList(4);
        boxes.Add(new Box(0.2f, 0.2f, 0.8f, 0.8f, 1));
        Action<NodeContext> picture = ScriptedNode.GivesPicture();
        NodeCatalog catalog = new(
            NodeCatalog.BuiltIn.Descriptors,
            [
                ScriptedNode.Describe(
                    "Gate",
                    _log,
                    context =>
                    {
                        picture(context);
                        if (isUnchanged)
                            context.SetUnchanged();
                    },
                    [LinkType.Image],
                    [LinkType.Image]),
                ScriptedNode.Describe("Detector", detector, context => context.SetBoxes(boxes), [LinkType.Image], [LinkType.Boxes]),
            ]);
        using WorkflowProcessor processor = Graphs.Start(
            """
            {
              "in": { "class_type": "LoadTensor" },
              "g": { "class_type": "Gate", "inputs": { "in0": ["in", 0] } },
              "d": { "class_type": "Detector", "inputs": { "in0": ["g", 0] } },
              "b": { "class_type": "BlurBoxes", "inputs": { "image": ["in", 0], "boxes": ["d", 0] } },
              "out": { "class_type": "SaveTensor", "inputs": { "images": ["b", 0] } }
            }
            """,
            Resources(),
            catalog);
        int[] runs = new int[6];
        for (int i = 0; i < runs.Length; i++)
        {
            isUnchanged = i is 0 or 2 or 3;
            processor.Process(_frames.Rent(64, 64)).Return();
            runs[i] = detector.Runs;
        }

        Assert.Equal([1, 2, 2, 2, 3, 4], runs);
    }

    [Fact]
    public void A_picture_from_a_file_is_shown_where_it_covers_and_its_mask_is_where_it_does_not()
    {
        // Left half red and opaque, right half transparent; an odd size.
        File.WriteAllBytes(Path.Combine(_input, "half.png"), Png(33, 17, x => x < 16 ? [255, 0, 0, 255] : [0, 255, 0, 0]));
        using WorkflowProcessor processor = Graphs.Start(
            """
            {
              "in": { "class_type": "PrimaryInputLoadImage" },
              "still": { "class_type": "LoadImage", "inputs": { "image": "half.png" } },
              "c": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["in", 0], "source": ["still", 0], "mask": ["still", 1] } },
              "out": { "class_type": "SaveTensor", "inputs": { "images": ["c", 0] } }
            }
            """,
            Resources());
        for (int i = 0; i < 2; i++)
        {
            VideoFrame result = processor.Process(Pictures.Flat(_frames, 64, 64, 200, 128, 128));
            Assert.Equal(200, Pictures.Get(result, Plane.Y, 4, 8));
            Assert.InRange(Pictures.Get(result, Plane.Y, 26, 8), 143, 147);
            Assert.Equal(200, Pictures.Get(result, Plane.Y, 40, 40));
            result.Return();
        }
    }

    [Theory]
    [InlineData("../half.png")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../half.png")]
    [InlineData("link.png")]
    [InlineData("folder/half.png")]
    [InlineData(".hidden.png")]
    public void A_name_never_leads_out_of_the_input_folder(string name)
    {
        string outside = Directory.CreateTempSubdirectory("outside-").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(outside, "half.png"), Png(4, 4, _ => [1, 2, 3, 255]));
            File.CreateSymbolicLink(Path.Combine(_input, "link.png"), Path.Combine(outside, "half.png"));
            Directory.CreateSymbolicLink(Path.Combine(_input, "folder"), outside);
            File.WriteAllBytes(Path.Combine(_input, ".hidden.png"), Png(4, 4, _ => [1, 2, 3, 255]));
            MediaException e = Assert.Throws<MediaException>(() => Resources().LoadPicture(name));
            Assert.DoesNotContain(outside, e.Message);
        }
        finally
        {
            Directory.Delete(outside, recursive: true);
        }
    }

    [Fact]
    public void A_file_that_is_no_picture_is_named()
    {
        File.WriteAllText(Path.Combine(_input, "text.png"), "no picture");
        Assert.Equal("the picture text.png cannot be read: The file is neither PNG nor JPEG.", Assert.Throws<MediaException>(() => Resources().LoadPicture("text.png")).Message);
    }

    private NodeResources Resources() => new(_models, _frames, _pictures, _input);

    /// <summary>The smallest PNG writer there is: no filter, one chunk of each kind.</summary>
    private static byte[] Png(int width, int height, Func<int, byte[]> pixel)
    {
        using var rows = new MemoryStream();
        using (var deflated = new ZLibStream(rows, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (int y = 0; y < height; y++)
            {
                deflated.WriteByte(0);
                for (int x = 0; x < width; x++)
                    deflated.Write(pixel(x));
            }
        }

        byte[] header = [.. BigEndian(width), .. BigEndian(height), 8, 6, 0, 0, 0];
        return [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a, .. Chunk("IHDR", header), .. Chunk("IDAT", rows.ToArray()), .. Chunk("IEND", [])];
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        byte[] body = [.. System.Text.Encoding.ASCII.GetBytes(type), .. data];
        uint crc = uint.MaxValue;
        foreach (byte value in body)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        }

        return [.. BigEndian(data.Length), .. body, .. BigEndian((int)~crc)];
    }

    private static byte[] BigEndian(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
