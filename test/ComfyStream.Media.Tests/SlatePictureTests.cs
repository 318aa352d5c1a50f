using ComfyStream.Media.Slates;

namespace ComfyStream.Media.Tests;

public sealed class SlatePictureTests
{
    private const int LeastInkLuma = 60;
    private const string LongText = "A publisher went away and we wait for it to come back, which may take a while; incomprehensibilities_without_any_space_in_them.";

    public static TheoryData<int, int> Sizes =>
        new() { { 16, 16 }, { 16, 4096 }, { 4096, 16 }, { 64, 48 }, { 90, 160 }, { 320, 180 }, { 360, 640 }, { 640, 360 }, { 1280, 720 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Texts_of_any_length_stay_within_the_picture(int width, int height)
    {
        using VideoFramePool pool = new();
        string[] texts = ["", "W", "Please wait", LongText, string.Concat(Enumerable.Repeat(LongText, 20)), new string('W', 1000), new string('\n', 50)];
        foreach (string title in texts)
        {
            foreach (string detail in texts)
            {
                VideoFrame slate = Draw(pool, width, height, title, detail);
                Assert.Equal(0, InkOnTheBorder(slate));
                slate.Return();
            }
        }
    }

    [Fact]
    public void The_largest_picture_is_drawn()
    {
        using VideoFramePool pool = new();
        VideoFrame slate = Draw(pool, 4096, 4096, LongText, LongText);
        Assert.Equal(0, InkOnTheBorder(slate));
        slate.Return();
    }

    [Theory]
    [InlineData(320, 180)]
    [InlineData(640, 360)]
    [InlineData(1280, 720)]
    [InlineData(360, 640)]
    public void Both_texts_are_centred_and_the_title_is_larger(int width, int height)
    {
        using VideoFramePool pool = new();
        VideoFrame title = Draw(pool, width, height, "HOH", "");
        VideoFrame detail = Draw(pool, width, height, "", "HOH");
        (int left, int right, int top, int bottom) = InkBounds(title);
        Assert.Equal(left, width - right, 2.0);
        Assert.InRange(top, height / 3, height / 2);
        Assert.InRange(bottom, height / 2 - 1, height * 2 / 3);
        (int detailLeft, int detailRight, _, _) = InkBounds(detail);
        Assert.Equal(detailLeft, width - detailRight, 2.0);
        Assert.True(right - left > 1.4 * (detailRight - detailLeft));
        title.Return();
        detail.Return();
    }

    [Fact]
    public void The_title_stands_above_the_detail()
    {
        using VideoFramePool pool = new();
        VideoFrame both = Draw(pool, 640, 360, "HHH", "oooooooooooooooooooooooooooooo");
        (int left, int right, int top, int bottom) = InkBounds(both);
        Assert.True(right - left > 300);
        int rowOfTitle = top + (bottom - top) / 6;
        Assert.True(InkInRow(both, rowOfTitle) is > 0 and < 100);
        Assert.True(InkInRow(both, bottom - 2) > 100);
        both.Return();
    }

    [Fact]
    public void Every_printable_character_has_a_shape_of_its_own()
    {
        using VideoFramePool pool = new();
        Dictionary<string, char> shapes = [];
        for (char c = '!'; c <= '~'; c++)
        {
            VideoFrame slate = Draw(pool, 64, 64, c.ToString(), "");
            string shape = Convert.ToHexString(Luma(slate));
            Assert.True(InkInRow(slate, -1) > 0, $"'{c}' is not drawn");
            Assert.True(shapes.TryAdd(shape, c), $"'{c}' looks like '{shapes.GetValueOrDefault(shape)}'");
            slate.Return();
        }
    }

    [Theory]
    [InlineData("caf\u00e9", "caf?")]
    [InlineData("\U0001F600!", "?!")]
    [InlineData("a\u0007b", "a?b")]
    [InlineData("two\r\n  words ", "two words")]
    public void Characters_that_are_not_in_ASCII_become_question_marks_and_white_space_one_space(string text, string shown)
    {
        using VideoFramePool pool = new();
        VideoFrame a = Draw(pool, 640, 360, text, text);
        VideoFrame b = Draw(pool, 640, 360, shown, shown);
        Assert.Equal(Luma(b), Luma(a));
        a.Return();
        b.Return();
    }

    [Fact]
    public unsafe void The_same_texts_always_give_the_same_picture_whatever_the_frame_held()
    {
        using VideoFramePool pool = new();
        VideoFrame a = Draw(pool, 640, 360, "Please wait", "It begins soon.");
        VideoFrame b = Scene.Draw(pool, 640, 360, 3);
        b.IsBt709 = true;
        SlatePicture.Draw(b, "Please wait", "It begins soon.");
        Assert.Equal(Luma(a), Luma(b));
        Assert.Equal(a.IsBt709, b.IsBt709);
        Assert.Equal((Scene.MeanU(a), Scene.MeanV(a)), (Scene.MeanU(b), Scene.MeanV(b)));
        a.Return();
        b.Return();
    }

    [Fact]
    public void The_ground_is_dark_and_nearly_without_colour()
    {
        using VideoFramePool pool = new();
        VideoFrame slate = Draw(pool, 640, 360, "", "");
        Assert.InRange(Scene.MeanLuma(slate), 16, 50);
        Assert.InRange(Scene.MeanU(slate), 118, 138);
        Assert.InRange(Scene.MeanV(slate), 118, 138);
        slate.Return();
    }

    [Fact]
    public void A_frame_that_is_too_large_is_refused()
    {
        using VideoFramePool pool = new();
        VideoFrame frame = pool.Rent(4098, 16);
        Assert.Contains("4098x16", Assert.Throws<ArgumentException>(() => SlatePicture.Draw(frame, "a", "b")).Message);
        frame.Return();
    }

    private static VideoFrame Draw(VideoFramePool pool, int width, int height, string title, string detail)
    {
        VideoFrame frame = pool.Rent(width, height);
        SlatePicture.Draw(frame, title, detail);
        return frame;
    }

    private static unsafe byte[] Luma(VideoFrame frame)
    {
        byte[] luma = new byte[frame.Width * frame.Height];
        for (int y = 0; y < frame.Height; y++)
            new ReadOnlySpan<byte>(frame.Y + y * frame.StrideY, frame.Width).CopyTo(luma.AsSpan(y * frame.Width));
        return luma;
    }

    private static unsafe int InkOnTheBorder(VideoFrame frame)
    {
        int ink = 0;
        for (int y = 0; y < frame.Height; y++)
            ink += Count(0, y) + Count(frame.Width - 1, y);
        for (int x = 0; x < frame.Width; x++)
            ink += Count(x, 0) + Count(x, frame.Height - 1);
        return ink;

        int Count(int x, int y) => frame.Y[y * frame.StrideY + x] >= LeastInkLuma ? 1 : 0;
    }

    /// <summary>Pixels of ink in a row, or in all of them for -1.</summary>
    private static int InkInRow(VideoFrame frame, int row)
    {
        byte[] luma = Luma(frame);
        return (row < 0 ? luma : luma.AsSpan(row * frame.Width, frame.Width).ToArray()).Count(value => value >= LeastInkLuma);
    }

    private static (int Left, int Right, int Top, int Bottom) InkBounds(VideoFrame frame)
    {
        byte[] luma = Luma(frame);
        int[] ink = [.. Enumerable.Range(0, luma.Length).Where(i => luma[i] >= LeastInkLuma)];
        return (ink.Min(i => i % frame.Width), ink.Max(i => i % frame.Width) + 1, ink.Min(i => i / frame.Width), ink.Max(i => i / frame.Width) + 1);
    }
}
