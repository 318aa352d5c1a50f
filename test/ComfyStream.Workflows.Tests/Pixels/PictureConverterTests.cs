using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests.Pixels;

public sealed unsafe class PictureConverterTests : IDisposable
{
    private readonly VideoFramePool _frames = new();
    private readonly RgbPicturePool _pictures = new();

    public void Dispose()
    {
        Assert.Equal((0, 0), (_frames.RentedCount, _pictures.RentedCount));
        _frames.Dispose();
        _pictures.Dispose();
    }

    [Theory]
    [InlineData(640, 360, false)]
    [InlineData(1280, 720, true)]
    [InlineData(18, 34, false)]
    [InlineData(130, 66, true)]
    public void To_RGB_is_the_standards_matrix_rounded(int width, int height, bool isBt709)
    {
        VideoFrame source = Pictures.Noise(_frames, width, height, seed: width);
        source.IsBt709 = isBt709;
        RgbPicture target = _pictures.Rent(width, height, hasAlpha: true);
        PictureConverter.ToRgb(source, target);

        (double red, double blue) = isBt709 ? (0.2126, 0.0722) : (0.299, 0.114);
        double worst = 0;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                double luma = (Pictures.Get(source, Plane.Y, x, y) - 16) * 255 / 219.0;
                double cb = (Pictures.Get(source, Plane.U, x / 2, y / 2) - 128) * 255 / 112.0 * (1 - blue);
                double cr = (Pictures.Get(source, Plane.V, x / 2, y / 2) - 128) * 255 / 112.0 * (1 - red);
                double[] expected = [luma + cr, luma - (cb * blue + cr * red) / (1 - red - blue), luma + cb];
                for (int plane = 0; plane < 3; plane++)
                    worst = Math.Max(worst, Math.Abs(Math.Clamp(expected[plane], 0, 255) - target.Plane(plane)[y * target.Stride + x]));
                Assert.Equal(255, target.A[y * target.Stride + x]);
            }
        }

        Assert.InRange(worst, 0, 0.7);
        source.Return();
        target.Return();
    }

    [Theory]
    [InlineData(640, 360, false)]
    [InlineData(1281, 721, true)] // cropped
    [InlineData(18, 34, false)]
    [InlineData(131, 66, true)]
    public void To_I420_is_the_standards_matrix_of_the_mean_rounded(int width, int height, bool isBt709)
    {
        RgbPicture source = Noise(width, height);
        VideoFrame target = _frames.Rent(width & ~1, height & ~1);
        target.IsBt709 = isBt709;
        PictureConverter.ToI420(source, target);

        (double red, double blue) = isBt709 ? (0.2126, 0.0722) : (0.299, 0.114);
        double worst = 0;
        for (int y = 0; y < target.Height; y++)
        {
            for (int x = 0; x < target.Width; x++)
                worst = Math.Max(worst, Math.Abs(16 + Luma(x, y) * 219 / 255 - Pictures.Get(target, Plane.Y, x, y)));
        }

        for (int y = 0; y < target.Height / 2; y++)
        {
            for (int x = 0; x < target.Width / 2; x++)
            {
                double cb = 0, cr = 0;
                for (int i = 0; i < 4; i++)
                {
                    (int px, int py) = (2 * x + i % 2, 2 * y + i / 2);
                    cb += (source.B[py * source.Stride + px] - Luma(px, py)) / (1 - blue) / 4;
                    cr += (source.R[py * source.Stride + px] - Luma(px, py)) / (1 - red) / 4;
                }

                worst = Math.Max(worst, Math.Abs(128 + cb * 112 / 255 - Pictures.Get(target, Plane.U, x, y)));
                worst = Math.Max(worst, Math.Abs(128 + cr * 112 / 255 - Pictures.Get(target, Plane.V, x, y)));
            }
        }

        Assert.InRange(worst, 0, 0.6);
        source.Return();
        target.Return();

        double Luma(int x, int y)
        {
            int at = y * source.Stride + x;
            return red * source.R[at] + (1 - red - blue) * source.G[at] + blue * source.B[at];
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_picture_survives_both_ways(bool isBt709)
    {
        VideoFrame source = Pictures.Astronaut(_frames);
        source.IsBt709 = isBt709;
        RgbPicture between = _pictures.Rent(source.Width, source.Height);
        VideoFrame target = _frames.Rent(source.Width, source.Height);
        target.IsBt709 = isBt709;
        PictureConverter.ToRgb(source, between);
        PictureConverter.ToI420(between, target);
        foreach (Plane plane in Pictures.Planes)
            Assert.InRange(Pictures.Psnr(Pictures.Read(source, plane), target, plane), 45, double.PositiveInfinity);
        source.Return();
        between.Return();
        target.Return();
    }

    [Fact]
    public void Black_white_and_grey_have_no_colour_and_stay()
    {
        foreach (bool isBt709 in new[] { false, true })
        {
            for (int grey = 0; grey < 256; grey++)
            {
                RgbPicture source = _pictures.Rent(16, 16);
                for (int plane = 0; plane < 3; plane++)
                    new Span<byte>(source.Plane(plane), source.Stride * 16).Fill((byte)grey);
                VideoFrame between = _frames.Rent(16, 16);
                between.IsBt709 = isBt709;
                PictureConverter.ToI420(source, between);
                Assert.Equal((128, 128), (Pictures.Get(between, Plane.U, 5, 5), Pictures.Get(between, Plane.V, 5, 5)));
                PictureConverter.ToRgb(between, source);
                Assert.InRange(source.R[0], grey - 1, grey + 1);
                Assert.Equal((source.R[0], source.R[0]), (source.G[0], source.B[0]));
                source.Return();
                between.Return();
            }
        }
    }

    [Fact]
    public void A_row_is_written_no_farther_than_its_stride()
    {
        VideoFrame source = Pictures.Noise(_frames, 34, 18, seed: 1);
        RgbPicture target = _pictures.Rent(34, 18);
        byte* slack = target.B + (nint)target.Stride * 18;
        new Span<byte>(slack, 64).Fill(77);
        PictureConverter.ToRgb(source, target);
        Assert.True(new ReadOnlySpan<byte>(slack, 64).IndexOfAnyExcept((byte)77) < 0);
        source.Return();
        target.Return();
    }

    private RgbPicture Noise(int width, int height)
    {
        var random = new Random(width);
        RgbPicture picture = _pictures.Rent(width, height);
        for (int plane = 0; plane < 3; plane++)
            random.NextBytes(new Span<byte>(picture.Plane(plane), picture.Stride * height));
        return picture;
    }
}
