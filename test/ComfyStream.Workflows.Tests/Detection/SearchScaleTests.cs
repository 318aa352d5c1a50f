using ComfyStream.Media;
using ComfyStream.Workflows.Detection;

namespace ComfyStream.Workflows.Tests.Detection;

public sealed unsafe class SearchScaleTests
{
    private const int Side = 128;

    [Theory]
    [InlineData(1280, 720, 8)]
    [InlineData(720, 1280, 8)]
    [InlineData(640, 480, 6)]
    [InlineData(720, 720, 4)]
    [InlineData(2560, 720, 18)]
    [InlineData(320, 180, 0)]
    [InlineData(16, 16, 0)]
    [InlineData(8192, 16, 0)]
    [InlineData(8192, 1024, 0)]
    public void A_picture_is_searched_as_a_whole_and_in_windows_where_they_show_more_and_are_not_too_many(int width, int height, int windows)
    {
        SearchScale?[] scales = CreateAll(width, height);
        Assert.Equal((1, windows), (scales[0]!.WindowCount, scales[1]?.WindowCount ?? 0));
        DisposeAll(scales);
    }

    [Theory]
    [InlineData(1280, 720)]
    [InlineData(720, 1280)]
    [InlineData(642, 358)]
    [InlineData(2560, 720)]
    [InlineData(720, 720)]
    public void What_is_small_enough_is_whole_in_a_window_wherever_it_is(int width, int height)
    {
        SearchScale?[] scales = CreateAll(width, height);
        Box whole = scales[0]!.ToPicture(new Box(0, 0, 1, 1, 1), 0);
        Assert.True(whole is { Left: < 1e-5f, Top: < 1e-5f, Right: > 1 - 1e-5f, Bottom: > 1 - 1e-5f });

        Box[] windows = [.. Enumerable.Range(0, scales[1]!.WindowCount).Select(i => scales[1]!.ToPicture(new Box(0, 0, 1, 1, 1), i))];
        Assert.All(windows, window => Assert.True(window is { Left: > -1e-5f, Top: > -1e-5f, Right: < 1 + 1e-5f, Bottom: < 1 + 1e-5f }));
        double size = 0.37 * 2 / 3 * Math.Min(width, height);
        for (double x = 0; x <= width - size; x += (width - size) / 40)
        {
            for (double y = 0; y <= height - size; y += (height - size) / 40)
            {
                Assert.Contains(windows, window => window.Left * width <= x + 0.1 && window.Right * width >= x + size - 0.1
                    && window.Top * height <= y + 0.1 && window.Bottom * height >= y + size - 0.1);
            }
        }

        DisposeAll(scales);
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
        foreach (SearchScale? scale in CreateAll(width, height))
        {
            scale!.Update(ramps);
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
        using SearchScale scale = SearchScale.CreateWhole(128, 128, Side);
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
        SearchScale?[] scales = CreateAll(1280, 720);
        var box = new Box(0.25f, 0.25f, 0.75f, 0.75f, 0.5f);
        box.Points[3] = new(0.25f, 0.75f);
        foreach (SearchScale? scale in scales)
        {
            Box mapped = scale!.ToPicture(box, scale.WindowCount - 1);
            Assert.Equal((mapped.Left, mapped.Bottom, 0.5f), (mapped.Points[3].X, mapped.Points[3].Y, mapped.Score));
        }

        DisposeAll(scales);
    }

    private static SearchScale?[] CreateAll(int width, int height) =>
        [SearchScale.CreateWhole(width, height, Side), SearchScale.CreateFine(width, height, Side)];

    private static void DisposeAll(SearchScale?[] scales)
    {
        foreach (SearchScale? scale in scales)
            scale?.Dispose();
    }
}
