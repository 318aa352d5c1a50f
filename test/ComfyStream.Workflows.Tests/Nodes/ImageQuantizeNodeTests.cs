using ComfyStream.Media;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;
using ComfyStream.Workflows.Tests.Reference;

namespace ComfyStream.Workflows.Tests.Nodes;

/// <summary>Palettes are a matter of taste: what is asked for is that ours comes as near to the picture as PIL's, ComfyUI's.</summary>
public sealed class ImageQuantizeNodeTests(ITestOutputHelper output)
{
    private static readonly string[] _dithers = ["none", "floyd-steinberg", "bayer-2", "bayer-4", "bayer-8", "bayer-16"];

    public static TheoryData<string, int, string> Rows => [.. from dither in _dithers from colors in new[] { 1, 2, 8, 40, 256 } from links in new[] { "160x90", "97x61a" } select (dither, colors, links)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_picture_has_no_more_colours_and_is_as_near_as_with_PIL(string dither, int colors, string links)
    {
        string settings = $$"""{ "dither": "{{dither}}", "colors": {{colors}} }""";
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("ImageQuantize", pool, settings);
        Assert.True(NodeCatalog.BuiltIn.TryFind("ImageQuantize", out NodeDescriptor? descriptor));
        object? picture = TestPictures.Make(links, 0, PictureFormat.Rgb, pool, node.Pictures, isBt709: false);
        ReferenceArray source = ReferenceNodes.Arrays(picture)[0];
        ReferenceArray pil = ReferenceNodes.Run(descriptor, settings, PictureFormat.Rgb, isBt709: false, [picture])[0];

        RgbPicture result = node.RunRgb(picture);
        ReferenceArray ours = ReferenceNodes.Arrays(result)[0];
        result.Return();

        int channels = source.Shape[2];
        int used = Enumerable.Range(0, source.Values.Length / channels).Select(i => (ours.Values[i * channels], ours.Values[i * channels + 1], ours.Values[i * channels + 2])).Distinct().Count();
        Assert.InRange(used, 1, colors);
        output.WriteLine($"{settings} {links}: {Distance(source, ours):F2}, PIL {Distance(source, pil):F2}");
        // Two colours farther apart are dithered more coarsely by a pattern.
        Assert.InRange(Distance(source, ours), 0, Distance(source, pil) * (dither.StartsWith("bayer") && colors == 2 ? 1.15 : 1.005));
        for (int i = 3; channels == 4 && i < source.Values.Length; i += 4)
            Assert.Equal(source.Values[i], ours.Values[i]);
    }

    [Theory]
    [InlineData("floyd-steinberg")]
    [InlineData("bayer-4")]
    public void Dithering_keeps_the_mean_of_what_has_no_colour_of_its_own(string dither)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("ImageQuantize", pool, $$"""{ "dither": "{{dither}}", "colors": 2 }""");
        RgbPicture picture = node.Pictures.Rent(64, 64);
        Fill(picture, (x, y) => y < 16 ? (byte)0 : y < 32 ? (byte)255 : (byte)100);
        RgbPicture result = node.RunRgb(picture);
        double mean = ReferenceNodes.Arrays(result)[0].Values[(3 * 64 * 40)..].Average();
        result.Return();

        // Without dithering it is one of two colours, far from both.
        Assert.InRange(mean, 85, 115);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("floyd-steinberg")]
    [InlineData("bayer-16")]
    public void Once_warm_nothing_is_allocated(string dither)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("ImageQuantize", pool, $$"""{ "dither": "{{dither}}", "colors": 16 }""");
        Assert.Equal(0, node.AllocatedBytes(TestPictures.Make("97x61a", 0, PictureFormat.Rgb, pool, node.Pictures, isBt709: false)));
    }

    [Theory]
    [InlineData("~1x1")]
    [InlineData("~1x9")]
    public void A_picture_with_no_more_colours_than_asked_for_stays_nearly_as_it_is(string links)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("ImageQuantize", pool);
        object? picture = TestPictures.Make(links, 0, PictureFormat.Rgb, pool, node.Pictures, isBt709: false);
        ReferenceArray source = ReferenceNodes.Arrays(picture)[0];
        RgbPicture result = node.RunRgb(picture);
        Assert.InRange(Distance(source, ReferenceNodes.Arrays(result)[0]), 0, 4);
        result.Return();
    }

    private static unsafe void Fill(RgbPicture picture, Func<int, int, byte> grey)
    {
        for (int i = 0; i < 3; i++)
        {
            for (int y = 0; y < picture.Height; y++)
            {
                for (int x = 0; x < picture.Width; x++)
                    picture.Plane(i)[y * picture.Stride + x] = grey(x, y);
            }
        }
    }

    /// <summary>Root of the mean square of what colours are apart.</summary>
    private static double Distance(ReferenceArray a, ReferenceArray b) =>
        Math.Sqrt(a.Values.Zip(b.Values, (first, second) => (double)(first - second) * (first - second)).Average());
}
