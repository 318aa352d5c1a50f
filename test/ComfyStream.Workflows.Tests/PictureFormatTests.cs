using ComfyStream.Media;
using ComfyStream.Workflows.Models;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests;

/// <summary>Which format the compiler lets each node work in.</summary>
public sealed class PictureFormatTests : IDisposable
{
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
    }

    [Theory]
    [InlineData("Yuv", "Yuv:I420")]
    [InlineData("Rgb", "I420 to RGB:Rgb, Rgb:Rgb, RGB to I420:I420")]
    [InlineData("Both", "Both:I420")]
    [InlineData("PrefersRgb", "PrefersRgb:I420")]
    [InlineData("Yuv Both Yuv", "Yuv:I420, Both:I420, Yuv:I420")]
    [InlineData("Rgb Both Rgb", "I420 to RGB:Rgb, Rgb:Rgb, Both:Rgb, Rgb:Rgb, RGB to I420:I420")]
    [InlineData("Rgb Both", "I420 to RGB:Rgb, Rgb:Rgb, RGB to I420:I420, Both:I420")]
    [InlineData("Rgb PrefersRgb", "I420 to RGB:Rgb, Rgb:Rgb, PrefersRgb:Rgb, RGB to I420:I420")]
    [InlineData("Rgb Yuv Rgb", "I420 to RGB:Rgb, Rgb:Rgb, RGB to I420:I420, Yuv:I420, I420 to RGB:Rgb, Rgb:Rgb, RGB to I420:I420")]
    public void A_chain_has_the_fewest_conversions(string classes, string steps) => Assert.Equal(steps, StepsOf(Chain(classes.Split(' '))));

    [Fact]
    public void A_picture_is_converted_once_for_all_who_read_it() =>
        Assert.Equal(
            "I420 to RGB:Rgb, Rgb:Rgb, Rgb:Rgb, Join:Rgb, RGB to I420:I420",
            StepsOf(
                """
                {
                  "in": { "class_type": "LoadTensor" },
                  "a": { "class_type": "Rgb", "inputs": { "in0": ["in", 0] } },
                  "b": { "class_type": "Rgb", "inputs": { "in0": ["in", 0], "value": 1 } },
                  "c": { "class_type": "Join", "inputs": { "in0": ["a", 0], "in1": ["b", 0] } },
                  "out": { "class_type": "SaveTensor", "inputs": { "images": ["c", 0] } }
                }
                """));

    [Fact]
    public void The_cheapest_plan_is_found_for_a_thousand_nodes_at_once()
    {
        string[] classes = [.. Enumerable.Range(0, 990).Select(i => i % 10 == 0 ? "Rgb" : "PrefersRgb")];
        WorkflowPlan plan = Graphs.Compile(Chain(classes), Catalog());
        Assert.Equal(classes.Length + 2, plan.Steps.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void No_other_choice_has_fewer_conversions(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 40; round++)
        {
            // Chains with side branches of nodes that can do either or only one.
            int count = random.Next(2, 9);
            string[] classes = [.. Enumerable.Range(0, count).Select(_ => random.Next(4) switch { 0 => "Yuv", 1 => "Rgb", _ => "Join" })];
            int[][] sources = [.. classes.Select((_, i) => new[] { random.Next(i + 1), random.Next(i + 1) })];
            var graph = new System.Text.StringBuilder("""{ "0": { "class_type": "LoadTensor" }""");
            for (int i = 0; i < count; i++)
            {
                string second = classes[i] == "Join" ? $", \"in1\": [\"{sources[i][1]}\", 0]" : "";
                graph.Append($$$""", "{{{i + 1}}}": { "class_type": "{{{classes[i]}}}", "inputs": { "in0": ["{{{sources[i][0]}}}", 0]{{{second}}}, "value": {{{i}}} } }""");
            }

            graph.Append($$$""", "out": { "class_type": "SaveTensor", "inputs": { "images": ["{{{count}}}", 0] } } }""");
            WorkflowPlan plan = Graphs.Compile(graph.ToString(), Catalog());
            HashSet<int> live = [.. plan.Steps.Where(step => int.TryParse(step.Node.Id, out _) && classes.Contains(step.Node.Descriptor.ClassType)).Select(step => int.Parse(step.Node.Id, System.Globalization.CultureInfo.InvariantCulture))];
            Assert.Equal(Cheapest(classes, sources, live), plan.Steps.Count - live.Count);
        }
    }

    [Fact]
    public void What_is_constant_is_converted_once_only()
    {
        var constant = new ScriptedNode.Log();
        NodeCatalog catalog = Catalog(ScriptedNode.Describe("Still", constant, ScriptedNode.GivesPicture((64, 64)), [], [LinkType.Image], [PictureFormat.Rgb], isPure: true));
        using WorkflowProcessor processor = Graphs.Start(
            """
            {
              "in": { "class_type": "LoadTensor" },
              "s": { "class_type": "Still" },
              "c": { "class_type": "ImageCompositeMasked", "inputs": { "destination": ["in", 0], "source": ["s", 0] } },
              "out": { "class_type": "SaveTensor", "inputs": { "images": ["c", 0] } }
            }
            """,
            Resources(),
            catalog);
        for (int i = 0; i < 5; i++)
            processor.Process(_frames.Rent(64, 64)).Return();
        Assert.Equal(1, constant.Runs);
        Assert.Equal([("Still", 1), ("RGB to I420", 1), ("ImageCompositeMasked", 5)], processor.Timings.Select(timing => (timing.ClassType, (int)timing.RunCount)));

        VideoFrame hd = _frames.Rent(64, 64);
        hd.IsBt709 = true;
        processor.Process(hd).Return();
        Assert.Equal(2, constant.Runs);
    }

    [Fact]
    public void A_node_that_would_give_an_odd_size_works_in_RGB_if_it_can_and_no_picture_is_lost()
    {
        NodeCatalog catalog = Catalog(ScriptedNode.Describe("Odd", _log, ScriptedNode.GivesPicture((37, 21)), [LinkType.Image], [LinkType.Image], [PictureFormat.I420, PictureFormat.Rgb], overwritable: 0));
        using WorkflowProcessor processor = Graphs.Start(Chain("Odd", "Both"), Resources(), catalog);
        for (int i = 0; i < 3; i++)
        {
            VideoFrame result = processor.Process(_frames.Rent(64, 64));
            Assert.Equal((36, 20), (result.Width, result.Height));
            result.Return();
        }

        Assert.Equal(["I420 to RGB", "Odd", "Both", "RGB to I420"], processor.Timings.Select(timing => timing.ClassType));
    }

    [Fact]
    public void An_odd_size_loses_a_column_where_a_node_can_do_nothing_but_I420()
    {
        NodeCatalog catalog = Catalog(ScriptedNode.Describe("Odd", _log, ScriptedNode.GivesPicture((37, 21)), [LinkType.Image], [LinkType.Image], [PictureFormat.Rgb]));
        using WorkflowProcessor processor = Graphs.Start(Chain("Odd", "Yuv"), Resources(), catalog);
        VideoFrame result = processor.Process(_frames.Rent(64, 64));
        Assert.Equal((36, 20), (result.Width, result.Height));
        result.Return();
    }

    private static NodeCatalog Catalog(params NodeDescriptor[] more)
    {
        var log = new ScriptedNode.Log();
        Action<NodeContext> run = ScriptedNode.GivesPicture();
        LinkType[] image = [LinkType.Image];
        return new(
            NodeCatalog.BuiltIn.Descriptors,
            [
                ScriptedNode.Describe("Yuv", log, run, image, image),
                ScriptedNode.Describe("Rgb", log, run, image, image, [PictureFormat.Rgb]),
                ScriptedNode.Describe("Both", log, run, image, image, [PictureFormat.I420, PictureFormat.Rgb]),
                ScriptedNode.Describe("PrefersRgb", log, run, image, image, [PictureFormat.Rgb, PictureFormat.I420]),
                ScriptedNode.Describe("Join", log, run, [LinkType.Image, LinkType.Image], image, [PictureFormat.I420, PictureFormat.Rgb]),
            ],
            more);
    }

    private static string StepsOf(string json) =>
        string.Join(", ", Graphs.Compile(json, Catalog()).Steps.Select(step => $"{step.Node.Descriptor.ClassType}:{step.Format}"));

    private static string Chain(params string[] classes)
    {
        var graph = new System.Text.StringBuilder("""{ "0": { "class_type": "LoadTensor" }""");
        for (int i = 0; i < classes.Length; i++)
            graph.Append($$$""", "{{{i + 1}}}": { "class_type": "{{{classes[i]}}}", "inputs": { "in0": ["{{{i}}}", 0] } }""");
        return graph.Append($$$""", "out": { "class_type": "SaveTensor", "inputs": { "images": ["{{{classes.Length}}}", 0] } } }""").ToString();
    }

    /// <summary>Tries every choice.</summary>
    private static int Cheapest(string[] classes, int[][] sources, HashSet<int> live)
    {
        int best = int.MaxValue;
        for (int choice = 0; choice < 1 << classes.Length; choice++)
        {
            bool[] rgb = [false, .. classes.Select((name, i) => name == "Rgb" || (name == "Join" && (choice & (1 << i)) != 0))];
            var conversions = new HashSet<(int, bool)>();
            foreach (int node in live)
            {
                foreach (int source in classes[node - 1] == "Join" ? sources[node - 1] : sources[node - 1][..1])
                {
                    if (rgb[source] != rgb[node])
                        conversions.Add((source, rgb[node]));
                }
            }

            if (rgb[classes.Length])
                conversions.Add((classes.Length, false));
            best = Math.Min(best, conversions.Count);
        }

        return best;
    }

    private NodeResources Resources() => new(_models, _frames, _pictures);
}
