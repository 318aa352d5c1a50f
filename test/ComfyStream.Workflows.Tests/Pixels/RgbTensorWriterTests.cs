using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Tests.Pixels;

public sealed unsafe class RgbTensorWriterTests
{
    private const int Width = 256;
    private const int Height = 144;

    [Theory]
    [InlineData(1280, 720)]
    [InlineData(640, 360)]
    [InlineData(1920, 1080)]
    [InlineData(854, 480)]
    [InlineData(358, 202)]
    [InlineData(256, 144)]
    [InlineData(720, 1280)]
    [InlineData(64, 48)] // smaller than the tensor
    public void A_picture_of_any_size_is_averaged_down_and_converted(int width, int height)
    {
        using var pool = new VideoFramePool();
        VideoFrame frame = Pictures.Noise(pool, width, height, seed: width);
        double[,] y = Average(Pictures.Read(frame, Plane.Y));
        double[,] u = Average(Pictures.Read(frame, Plane.U));
        double[,] v = Average(Pictures.Read(frame, Plane.V));

        float[] tensor = Write(frame);

        double worst = 0;
        for (int i = 0; i < Width * Height; i++)
        {
            (int row, int x) = (i / Width, i % Width);
            double luma = (y[row, x] - 16) / 219;
            double red = luma + 1.402 * (v[row, x] - 128) / 224;
            double blue = luma + 1.772 * (u[row, x] - 128) / 224;
            double green = (luma - 0.299 * red - 0.114 * blue) / 0.587;
            worst = Math.Max(worst, Math.Abs(Math.Clamp(red, 0, 1) - tensor[i]));
            worst = Math.Max(worst, Math.Abs(Math.Clamp(green, 0, 1) - tensor[Width * Height + i]));
            worst = Math.Max(worst, Math.Abs(Math.Clamp(blue, 0, 1) - tensor[2 * Width * Height + i]));
        }

        Assert.InRange(worst, 0, 3.0 / 255);
        frame.Return();
    }

    [Theory]
    [InlineData(false, 81, 90, 240)]
    [InlineData(true, 63, 102, 240)]
    public void Red_comes_out_red_in_either_matrix(bool isBt709, byte y, byte u, byte v)
    {
        using var pool = new VideoFramePool();
        VideoFrame frame = Pictures.Flat(pool, 320, 180, y, u, v);
        frame.IsBt709 = isBt709;
        float[] tensor = Write(frame);
        Assert.Equal(1f, tensor[100], 0.01f);
        Assert.Equal(0f, tensor[Width * Height + 100], 0.01f);
        Assert.Equal(0f, tensor[2 * Width * Height + 100], 0.01f);
        frame.Return();
    }

    private static float[] Write(VideoFrame frame)
    {
        using var writer = new RgbTensorWriter(Width, Height);
        using var tensor = new NativeBuffer<float>(3 * Width * Height);
        writer.Write(frame, tensor.Pointer);
        return new ReadOnlySpan<float>(tensor.Pointer, 3 * Width * Height).ToArray();
    }

    private static double[,] Average(double[,] values)
    {
        double[,] result = new double[Height, Width];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
                result[y, x] = Average(values, x, y);
        }

        return result;
    }

    private static double Average(double[,] values, int x, int y)
    {
        (double left, double right) = ((double)x * values.GetLength(1) / Width, (x + 1.0) * values.GetLength(1) / Width);
        (double top, double bottom) = ((double)y * values.GetLength(0) / Height, (y + 1.0) * values.GetLength(0) / Height);
        double sum = 0;
        for (int j = (int)top; j < bottom; j++)
        {
            for (int i = (int)left; i < right; i++)
            {
                double area = (Math.Min(i + 1, right) - Math.Max(i, left)) * (Math.Min(j + 1, bottom) - Math.Max(j, top));
                sum += area <= 1e-9 ? 0 : values[j, i] * area;
            }
        }

        return sum / ((right - left) * (bottom - top));
    }
}
