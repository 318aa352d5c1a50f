using ComfyStream.Media;
using ComfyStream.Workflows.Nodes;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests.Nodes;

public sealed class TextOverlayNodeTests
{
    [Fact]
    public void A_letter_covers_its_dots_and_no_more()
    {
        using var pool = new VideoFramePool();
        using var raster = new TextRaster();
        VideoFrame frame = Pictures.Flat(pool, 320, 160, 50, 90, 170);
        const double Dot = 10;
        raster.Draw("H", 12 * Dot, 320, 160);
        Assert.Equal((110, 150), (raster.Width, raster.Height));
        raster.Blend(frame, 20, 4, new YuvColor(235, 128, 128), new YuvColor(16, 128, 128), 0);

        // Three dots from the edge of the ground; the bar of an H is in its fourth row.
        foreach ((double column, double row, bool isInk) in new[] { (0.5, 1.0, true), (2.5, 3.5, true), (4.5, 6.0, true), (2.5, 1.0, false), (2.5, 5.5, false), (0.5, 8.0, false), (-2, 3.5, false) })
        {
            (int x, int y) = ((int)(20 + (3 + column) * Dot), (int)(4 + (3 + row) * Dot));
            Assert.Equal(isInk ? (235, 128, 128) : (50, 90, 170), Pixel(frame, x, y));
        }

        frame.Return();
    }

    [Theory]
    [InlineData("top-left", 0, 0)]
    [InlineData("top-right", 1, 0)]
    [InlineData("bottom-left", 0, 1)]
    [InlineData("bottom-right", 1, 1)]
    [InlineData("center", 0.5, 0.5)]
    [InlineData("bottom", 0.5, 1)]
    public void It_stands_where_it_is_told_within_a_margin(string position, double across, double down)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("TextOverlay", pool, $$"""{ "text": "Live", "position": "{{position}}", "background_opacity": 1, "background": "#FF0000" }""");
        VideoFrame result = node.Run(Pictures.Flat(pool, 640, 360, 120, 128, 128));
        (int left, int top, int right, int bottom) = BoundsOf(result);
        (int width, int height) = (right - left, bottom - top);
        Assert.InRange(width, 30, 60);
        Assert.InRange(height, 18, 30);
        Assert.InRange(left, 10 + across * (620 - width) - 2, 10 + across * (620 - width) + 2);
        Assert.InRange(top, 10 + down * (340 - height) - 2, 10 + down * (340 - height) + 2);

        // The ground is the red of BT.601 where there is no letter.
        (int y, int u, int v) = Pixel(result, left + 2, top + 2);
        Assert.Equal((81, 90, 240), (y, u, v));
        result.Return();
        Assert.Equal(0, pool.RentedCount);
    }

    [Fact]
    public void Another_text_takes_effect_at_once_and_none_leaves_the_picture()
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("TextOverlay", pool, """{ "text": "A" }""");
        int narrow = WidthOf();
        Assert.True(node.TryApply("""{ "text": "A longer one" }"""));
        Assert.InRange(WidthOf(), 3 * narrow, 20 * narrow);
        Assert.True(node.TryApply("""{ "text": "" }"""));
        Assert.Equal(0, WidthOf());
        Assert.False(node.TryApply("""{ "color": "red" }"""));

        int WidthOf()
        {
            VideoFrame result = node.Run(Pictures.Flat(pool, 640, 360, 120, 128, 128));
            (int left, _, int right, _) = BoundsOf(result);
            result.Return();
            return right - left;
        }
    }

    [Theory]
    [InlineData("red")]
    [InlineData("#12345")]
    [InlineData("#12345G")]
    [InlineData("")]
    public void What_is_no_colour_is_told(string color)
    {
        using var pool = new VideoFramePool();
        MediaException problem = Assert.Throws<MediaException>(() => new NodeRunner("TextOverlay", pool, $$"""{ "color": "{{color}}" }"""));
        Assert.Contains("#FF8800", problem.Message);
    }

    [Theory]
    [InlineData(16, 16)]
    [InlineData(34, 20)]
    [InlineData(642, 178)]
    public void A_text_that_has_no_room_is_cut_off(int width, int height)
    {
        using var pool = new VideoFramePool();
        using var node = new NodeRunner("TextOverlay", pool, """{ "text": "A very long text that goes on\nand on\nand on\nand on", "size": 50 }""");
        foreach (string position in new[] { "top-left", "center", "bottom-right" })
        {
            Assert.True(node.TryApply($$"""{ "text": "A very long text that goes on\nand on\nand on\nand on", "size": 50, "position": "{{position}}" }"""));
            node.Run(Pictures.Noise(pool, width, height, seed: 3)).Return();
        }

        Assert.Equal(0, pool.RentedCount);
    }

    [Fact]
    public void Places_are_filled_in_and_other_braces_stay()
    {
        var counters = new OverlayText.Counters();
        var text = new OverlayText("{clock} {time} {frame} {fps} {what} {", counters);
        for (int i = 0; i <= 75; i++)
            counters.Count(TimeSpan.FromSeconds(100 + i / 25.0));
        Assert.Equal("13:05:09 00:00:03 76 25.0 {what} {", text.Fill(new DateTime(2026, 1, 2, 13, 5, 9)).ToString());
        Assert.Equal("Gr??e\n?", new OverlayText("Grüße\r\n🎥", counters).Fill(default).ToString());
    }

    private static (int Y, int U, int V) Pixel(VideoFrame frame, int x, int y) =>
        (Pictures.Get(frame, Plane.Y, x, y), Pictures.Get(frame, Plane.U, x / 2, y / 2), Pictures.Get(frame, Plane.V, x / 2, y / 2));

    private static (int Left, int Top, int Right, int Bottom) BoundsOf(VideoFrame frame)
    {
        (int left, int top, int right, int bottom) = (int.MaxValue, int.MaxValue, 0, 0);
        for (int y = 0; y < frame.Height; y++)
        {
            for (int x = 0; x < frame.Width; x++)
            {
                if (Pictures.Get(frame, Plane.Y, x, y) == 120)
                    continue;
                (left, top, right, bottom) = (Math.Min(left, x), Math.Min(top, y), Math.Max(right, x + 1), Math.Max(bottom, y + 1));
            }
        }

        return right == 0 ? default : (left, top, right, bottom);
    }
}
