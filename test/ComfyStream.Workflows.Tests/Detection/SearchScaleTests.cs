using ComfyStream.Media;
using ComfyStream.Workflows.Detection;

namespace ComfyStream.Workflows.Tests.Detection;

public sealed unsafe class SearchScaleTests
{
    private const int Side = 128;

    [Theory]
    [InlineData(1280, 720, new[] { 1, 3 })]
    [InlineData(720, 1280, new[] { 1, 3 })]
    [InlineData(640, 480, new[] { 1, 2 })]
    [InlineData(2560, 720, new[] { 1, 5 })]
    [InlineData(720, 720, new[] { 1 })]
    [InlineData(160, 120, new[] { 1 })]
    [InlineData(8192, 16, new[] { 1 })]
    [InlineData(8192, 200, new[] { 1 })]
    public void A_picture_is_searched_as_a_whole_and_in_squares_where_it_is_not_square(int width, int height, int[] windows)
    {
        SearchScale[] scales = SearchScale.CreateAll(width, height, Side);
        Assert.Equal(windows, scales.Select(scale => scale.WindowCount));
        Assert.All(scales, scale => scale.Dispose());
    }

    [Theory]
    [InlineData(1280, 720)]
    [InlineData(720, 1280)]
    [InlineData(642, 358)]
    [InlineData(2560, 720)]
    public void Neighbouring_squares_overlap_by_a_quarter_and_reach_from_edge_to_edge(int width, int height)
    {
        using SearchScale whole = SearchScale.CreateAll(width, height, Side)[0];
        using SearchScale squares = SearchScale.CreateAll(width, height, Side)[1];
        Box[] boxes = [.. Enumerable.Range(0, squares.WindowCount).Select(i => squares.ToPicture(new Box(0, 0, 1, 1, 1), i))];
        (double Start, double End)[] spans = [.. boxes.Select(box => width > height ? (box.Left, box.Right) : ((double)box.Top, box.Bottom))];
        Assert.Equal(0, spans[0].Start, 1e-5);
        Assert.Equal(1, spans[^1].End, 1e-5);
        for (int i = 1; i < spans.Length; i++)
            Assert.InRange((spans[i - 1].End - spans[i].Start) / (spans[i].End - spans[i].Start), 0.2, 0.9);

        Box all = whole.ToPicture(new Box(0, 0, 1, 1, 1), 0);
        Assert.Equal(width > height ? (0f, 1f) : (all.Left, all.Right), (all.Left, all.Right));
        Assert.True(all is { Left: <= 0, Top: <= 0, Right: >= 1, Bottom: >= 1 });
    }

    [Theory]
    [InlineData(1280, 720)]
    [InlineData(720, 1280)]
    [InlineData(640, 480)]
    public void A_window_shows_what_its_box_in_the_picture_says_and_black_outside(int width, int height)
    {
        using var pool = new VideoFramePool();
        VideoFrame ramps = pool.Rent(width, height);
        Pictures.Fill(ramps, (plane, x, y) => plane == Plane.Y ? (byte)(16 + 219.0 * (x + y) / (width + height)) : (byte)128);
        float[] tensor = new float[Side * Side * 3];
        foreach (SearchScale scale in SearchScale.CreateAll(width, height, Side))
        {
            scale.Update(ramps);
            for (int window = 0; window < scale.WindowCount; window++)
            {
                Array.Fill(tensor, float.NaN);
                fixed (float* target = tensor)
                    scale.WriteWindow(window, target);
                for (int i = 0; i < Side * Side; i++)
                {
                    (double column, double row) = ((i % Side + 0.5) / Side, (i / Side + 0.5) / Side);
                    Box at = scale.ToPicture(new Box((float)column, (float)row, (float)column, (float)row, 1), window);
                    bool isOutside = at.Left is < 0 or > 1 || at.Top is < 0 or > 1;
                    double grey = isOutside ? -1 : 2 * (at.Left * width + at.Top * height) / (width + height) - 1;
                    for (int colour = 0; colour < 3; colour++)
                        Assert.Equal(grey, tensor[3 * i + colour], 0.012);
                }
            }

            scale.Dispose();
        }

        ramps.Return();
    }

    [Fact]
    public void Colours_are_red_green_blue()
    {
        using var pool = new VideoFramePool();
        VideoFrame red = Pictures.Flat(pool, 128, 128, 81, 90, 240);
        using SearchScale scale = Assert.Single(SearchScale.CreateAll(128, 128, Side));
        scale.Update(red);
        float[] tensor = new float[Side * Side * 3];
        fixed (float* target = tensor)
            scale.WriteWindow(0, target);
        Assert.Equal([1, -1, -1], tensor[^3..].Select(value => (int)Math.Round(value)));
        red.Return();
    }

    [Fact]
    public void Key_points_go_where_their_box_goes()
    {
        SearchScale[] scales = SearchScale.CreateAll(1280, 720, Side);
        var box = new Box(0.25f, 0.25f, 0.75f, 0.75f, 0.5f);
        box.Points[3] = new(0.25f, 0.75f);
        foreach (SearchScale scale in scales)
        {
            Box mapped = scale.ToPicture(box, scale.WindowCount - 1);
            Assert.Equal((mapped.Left, mapped.Bottom, 0.5f), (mapped.Points[3].X, mapped.Points[3].Y, mapped.Score));
            scale.Dispose();
        }
    }
}
