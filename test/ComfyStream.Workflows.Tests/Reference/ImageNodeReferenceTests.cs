using System.Globalization;
using ComfyStream.Media;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;
using ComfyStream.Workflows.Tests.Nodes;

namespace ComfyStream.Workflows.Tests.Reference;

/// <summary>Nodes that give pictures, against the plain implementations of reference.py; how near is what docs/nodes promises.</summary>
public sealed class ImageNodeReferenceTests(ITestOutputHelper output)
{
    public static IEnumerable<TheoryDataRow<string, string, string>> RgbRows => Rows(PictureFormat.Rgb);

    public static IEnumerable<TheoryDataRow<string, string, string>> I420Rows => Rows(PictureFormat.I420);

    [Theory]
    [MemberData(nameof(RgbRows))]
    public void In_RGB_the_result_is_the_reference(string classType, string settings, string links) =>
        Compare(classType, settings, links, PictureFormat.Rgb, isBt709: false);

    [Theory]
    [MemberData(nameof(I420Rows))]
    public void In_I420_the_result_is_the_reference_in_its_colours(string classType, string settings, string links)
    {
        Compare(classType, settings, links, PictureFormat.I420, isBt709: false);
        Compare(classType, settings, links, PictureFormat.I420, isBt709: true);
    }

    [Theory]
    [MemberData(nameof(RgbRows))]
    public void Once_warm_nothing_is_allocated_in_RGB(string classType, string settings, string links) =>
        CheckAllocations(classType, settings, links, PictureFormat.Rgb);

    [Theory]
    [MemberData(nameof(I420Rows))]
    public void Once_warm_nothing_is_allocated_in_I420(string classType, string settings, string links) =>
        CheckAllocations(classType, settings, links, PictureFormat.I420);

    [Theory]
    [MemberData(nameof(RgbRows))]
    public void In_place_the_result_is_the_same_in_RGB(string classType, string settings, string links) =>
        CompareInPlace(classType, settings, links, PictureFormat.Rgb);

    [Theory]
    [MemberData(nameof(I420Rows))]
    public void In_place_the_result_is_the_same_in_I420(string classType, string settings, string links) =>
        CompareInPlace(classType, settings, links, PictureFormat.I420);

    private static void CompareInPlace(string classType, string settings, string links, PictureFormat format)
    {
        Assert.True(NodeCatalog.BuiltIn.TryFind(classType, out NodeDescriptor? descriptor));
        Assert.InRange(descriptor.Overwritable, -1, descriptor.Links.Count - 1);
        if (descriptor.Overwritable < 0)
            return;
        using var pool = new VideoFramePool();
        float[][] results = [.. new[] { false, true }.Select(overwrites =>
        {
            using var node = new NodeRunner(classType, pool, settings, overwrites, format: format);
            object?[] inputs = Inputs(links, format, pool, node.Pictures, isBt709: false);
            object? result = node.RunAll(inputs)[0];
            float[] values = [.. ReferenceNodes.Arrays(result).SelectMany(array => array.Values)];
            (result as VideoFrame)?.Return();
            (result as RgbPicture)?.Return();
            DisposeMasks(inputs);
            return values;
        })];
        Assert.Equal(results[0], results[1]);
    }

    private static void CheckAllocations(string classType, string settings, string links, PictureFormat format)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner(classType, pool, settings, format: format);
        object?[] inputs = Inputs(links, format, pool, node.Pictures, isBt709: false);
        Assert.Equal(0, node.AllocatedBytes(inputs));
        DisposeMasks(inputs);
    }

    private static object?[] Inputs(string links, PictureFormat format, VideoFramePool pool, RgbPicturePool pictures, bool isBt709) =>
        [.. links.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select((link, i) => TestPictures.Make(link, i, format, pool, pictures, isBt709))];

    private static void DisposeMasks(object?[] inputs)
    {
        foreach (object? input in inputs)
            (input as MaskPlane)?.Dispose();
    }

    private static IEnumerable<TheoryDataRow<string, string, string>> Rows(PictureFormat format) => ImageNodeCases.All
        .Where(item => NodeCatalog.BuiltIn.TryFind(item.ClassType, out NodeDescriptor? descriptor) && descriptor.Formats.Contains(format) && item.Fits(format))
        .Select(item => new TheoryDataRow<string, string, string>(item.ClassType, item.Settings, item.Links));

    private void Compare(string classType, string settings, string links, PictureFormat format, bool isBt709)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner(classType, pool, settings, format: format);
        NodeCatalog.BuiltIn.TryFind(classType, out NodeDescriptor? descriptor);
        object?[] inputs = Inputs(links, format, pool, node.Pictures, isBt709);
        List<ReferenceArray> expected = ReferenceNodes.Run(descriptor!, settings, format, isBt709, inputs);

        object?[] results = node.RunAll(inputs);
        List<ReferenceArray> actual = [.. results.SelectMany(ReferenceNodes.Arrays)];

        Assert.Equal(expected.Select(array => array.Shape), actual.Select(array => array.Shape));
        double least = double.PositiveInfinity;
        for (int i = 0; i < expected.Count; i++)
        {
            bool isMask = i == expected.Count - 1 && descriptor!.Outputs[^1].Type == LinkType.Mask;
            least = Math.Min(least, isMask ? MaskPsnr(expected[i], actual[i]) : Psnr(expected[i], actual[i]));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"PSNR {classType} {format} {least:F1} dB {settings} {links}"));
        foreach (object? result in results)
        {
            (result as VideoFrame)?.Return();
            (result as RgbPicture)?.Return();
        }

        DisposeMasks(inputs);
        Assert.Equal(0, pool.RentedCount);
        Assert.InRange(least, NodeExactness.MinPsnr(classType, format), double.PositiveInfinity);
    }

    /// <summary>Against the reference rounded to whole numbers: infinite when no picture could be nearer.</summary>
    private static double Psnr(ReferenceArray expected, ReferenceArray actual)
    {
        double sum = expected.Values.Zip(actual.Values, (wanted, got) => Math.Pow(Math.Round(wanted, MidpointRounding.AwayFromZero) - got, 2)).Sum();
        return sum == 0 ? double.PositiveInfinity : 10 * Math.Log10(255.0 * 255 * expected.Values.Length / sum);
    }

    private static double MaskPsnr(ReferenceArray expected, ReferenceArray actual) =>
        expected.Values.Zip(actual.Values, (a, b) => Math.Abs(a - b)).Max() < 1e-5 ? double.PositiveInfinity : 0;
}
