namespace ComfyStream.Media.Tests;

public sealed unsafe class ColorMatrixTests
{
    [Theory]
    [InlineData(16, 16)]
    [InlineData(130, 66)]
    [InlineData(1280, 720)]
    public void A_picture_of_BT709_becomes_the_one_of_BT601_with_the_same_colours(int width, int height)
    {
        using VideoFramePool pool = new();
        VideoFrame source = pool.Rent(width, height);
        VideoFrame target = pool.Rent(width, height);
        FillWithColours(source);
        source.MediaTime = TimeSpan.FromSeconds(7);
        source.IsBt709 = true;
        ColorMatrix.ConvertToBt601(source, target);

        Assert.False(target.IsBt709);
        Assert.Equal(source.MediaTime, target.MediaTime);
        double worst = 0;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                int chroma = y / 2 * source.StrideUv + x / 2;
                (double luma, double cb, double cr) = ToBt601(source.Y[y * source.StrideY + x], source.U[chroma], source.V[chroma]);
                worst = Math.Max(worst, Math.Abs(luma - target.Y[y * target.StrideY + x]));
                worst = Math.Max(worst, Math.Abs(cb - target.U[chroma]));
                worst = Math.Max(worst, Math.Abs(cr - target.V[chroma]));
            }
        }

        Assert.InRange(worst, 0, 0.8);
        source.Return();
        target.Return();
    }

    /// <summary>All kinds of colours, some of them outside of what RGB has.</summary>
    private static void FillWithColours(VideoFrame frame)
    {
        Random random = new(5);
        random.NextBytes(new Span<byte>(frame.Y, frame.StrideY * frame.Height));
        random.NextBytes(new Span<byte>(frame.U, frame.StrideUv * frame.Height / 2));
        random.NextBytes(new Span<byte>(frame.V, frame.StrideUv * frame.Height / 2));
    }

    /// <summary>By way of R'G'B', with the definitions of both recommendations.</summary>
    private static (double Luma, double Cb, double Cr) ToBt601(byte luma, byte cb, byte cr)
    {
        (double y, double pb, double pr) = ((luma - 16) / 219.0, (cb - 128) / 224.0, (cr - 128) / 224.0);
        double red = y + 2 * (1 - 0.2126) * pr;
        double blue = y + 2 * (1 - 0.0722) * pb;
        double green = (y - 0.2126 * red - 0.0722 * blue) / 0.7152;
        double y601 = 0.299 * red + 0.587 * green + 0.114 * blue;
        return (Clip(16 + 219 * y601), Clip(128 + 224 * (blue - y601) / 1.772), Clip(128 + 224 * (red - y601) / 1.402));

        static double Clip(double value) => Math.Clamp(value, 0, 255);
    }
}
