using ComfyStream.Media;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;
using ComfyStream.Workflows.Tests.Nodes;

namespace ComfyStream.Workflows.Tests.Reference;

/// <summary>Nodes that make masks of masks, against the plain implementations of reference.py, in floats.</summary>
public sealed class MaskNodeReferenceTests
{
    private const double MaxError = 1e-6;

    public static IEnumerable<TheoryDataRow<string, string, string>> Rows =>
        MaskNodeCases.All.Select(item => new TheoryDataRow<string, string, string>(item.ClassType, item.Settings, item.Links));

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_mask_is_the_reference(string classType, string settings, string links)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner(classType, pool, settings);
        Assert.True(NodeCatalog.BuiltIn.TryFind(classType, out NodeDescriptor? descriptor));
        object?[] inputs = Inputs(links, pool, node);
        ReferenceArray expected = Assert.Single(ReferenceNodes.Run(descriptor, settings, PictureFormat.Rgb, isBt709: false, inputs));

        ReferenceArray actual = ReferenceNodes.Arrays(node.RunForMask(inputs))[0];

        Assert.Equal(expected.Shape, actual.Shape);
        Assert.InRange(expected.Values.Zip(actual.Values, (wanted, got) => Math.Abs(wanted - got)).Max(), 0, MaxError);
        Assert.All(inputs, input => ((MaskPlane)input!).Dispose());
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Once_warm_nothing_is_allocated(string classType, string settings, string links)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner(classType, pool, settings);
        object?[] inputs = Inputs(links, pool, node);
        Assert.Equal(0, node.AllocatedBytes(inputs));
        Assert.All(inputs, input => ((MaskPlane)input!).Dispose());
    }

    [Fact]
    public void A_picture_without_alpha_is_opaque()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("ImageToMask", pool, """{ "channel": "alpha" }""");
        MaskPlane mask = node.RunForMask(TestPictures.Make("~7x5", 0, PictureFormat.Rgb, pool, node.Pictures, isBt709: false));
        Assert.Equal((7, 5), (mask.Width, mask.Height));
        Assert.All(mask.Weights.ToArray(), weight => Assert.Equal(1, weight));
    }

    [Fact]
    public void A_part_that_lies_outside_a_mask_is_its_last_pixel()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("CropMask", pool, """{ "x": 9000, "y": 9000 }""");
        using var mask = new MaskPlane(3, 2);
        mask.Weights[^1] = 0.25f;
        Assert.Equal([0.25f], node.RunForMask(mask).Weights.ToArray());
    }

    [Theory]
    [InlineData("alpha", new float[] { 1, 0.4f, 0 })]
    [InlineData("red", new float[] { 1, 0.2f, 0 })]
    [InlineData("green", new float[] { 0, 0.4f, 0 })]
    [InlineData("blue", new float[] { 0, 0.6f, 1 })]
    public void A_file_gives_one_of_its_colours_or_where_it_is_transparent(string channel, float[] expected)
    {
        using var folder = new TemporaryFolder();

        // 3x1 pixels by PIL: (255, 0, 0, 0), (51, 102, 153, 153), (0, 0, 255, 255).
        File.WriteAllBytes(Path.Combine(folder.Path, "mask.png"), Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAMAAAABCAYAAAAb4BS0AAAAFUlEQVR4nGP4z8DAYJw2cyYDw///ABnzBMl0lAW4AAAAAElFTkSuQmCC"));
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("LoadImageMask", pool, $$"""{ "image": "mask.png", "channel": "{{channel}}" }""", inputFolder: folder.Path);
        MaskPlane mask = node.RunForMask();
        Assert.Equal((3, 1), (mask.Width, mask.Height));
        Assert.Equal(expected, mask.Weights.ToArray(), (wanted, got) => Math.Abs(wanted - got) < MaxError);
    }

    [Fact]
    public void A_file_without_alpha_is_transparent_nowhere()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(Path.Combine(folder.Path, "mask.png"), Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGP4//8/AwMDAA74Av7Ji4P1AAAAAElFTkSuQmCC"));
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("LoadImageMask", pool, """{ "image": "mask.png" }""", inputFolder: folder.Path);
        Assert.Equal([0f, 0f], node.RunForMask().Weights.ToArray());
    }

    private static object?[] Inputs(string links, VideoFramePool pool, NodeRunner node) =>
        [.. links.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select((link, i) => TestPictures.Make(link, i, PictureFormat.I420, pool, node.Pictures, isBt709: false))];

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("comfystream-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
