using System.IO.Compression;
using ComfyStream.Media;

namespace ComfyStream.Workflows.Tests;

/// <summary>Planes of a frame, by name.</summary>
internal enum Plane
{
    Y,
    U,
    V,
}

/// <summary>Makes, reads and compares pictures; slow and plain, so that the fast code can be held against it.</summary>
internal static unsafe class Pictures
{
    public static readonly Plane[] Planes = [Plane.Y, Plane.U, Plane.V];

    public static int Width(VideoFrame frame, Plane plane) => plane == Plane.Y ? frame.Width : frame.Width / 2;

    public static int Height(VideoFrame frame, Plane plane) => plane == Plane.Y ? frame.Height : frame.Height / 2;

    public static byte Get(VideoFrame frame, Plane plane, int x, int y) => *At(frame, plane, x, y);

    public static void Set(VideoFrame frame, Plane plane, int x, int y, byte value) => *At(frame, plane, x, y) = value;

    public static void Fill(VideoFrame frame, Func<Plane, int, int, byte> pixel)
    {
        foreach (Plane plane in Planes)
        {
            for (int y = 0; y < Height(frame, plane); y++)
            {
                for (int x = 0; x < Width(frame, plane); x++)
                    Set(frame, plane, x, y, pixel(plane, x, y));
            }
        }
    }

    public static VideoFrame Flat(VideoFramePool pool, int width, int height, byte y, byte u, byte v)
    {
        VideoFrame frame = pool.Rent(width, height);
        Fill(frame, (plane, _, _) => plane switch { Plane.Y => y, Plane.U => u, _ => v });
        return frame;
    }

    /// <summary>Noise over the whole range: the hardest picture there is.</summary>
    public static VideoFrame Noise(VideoFramePool pool, int width, int height, int seed)
    {
        var random = new Random(seed);
        VideoFrame frame = pool.Rent(width, height);
        Fill(frame, (_, _, _) => (byte)random.Next(256));
        return frame;
    }

    /// <summary>A person before a flag and a model rocket (see Assets/README.md).</summary>
    public static VideoFrame Astronaut(VideoFramePool pool)
    {
        using var file = new GZipStream(File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Assets", "astronaut-640x360.i420.gz")), CompressionMode.Decompress);
        byte[] pixels = new byte[640 * 360 * 3 / 2];
        file.ReadExactly(pixels);
        VideoFrame frame = pool.Rent(640, 360);
        int at = 0;
        Fill(frame, (_, _, _) => pixels[at++]);
        return frame;
    }

    /// <summary>The astronaut's face, from forehead to chin and ear to ear, drawn by hand on the picture of <see cref="Astronaut"/>.</summary>
    public static readonly (double Left, double Top, double Right, double Bottom) AstronautFace = (221, 97, 342, 232);

    /// <summary>Draws a picture on another at an even position, scaled plainly: means of what each pixel covers.</summary>
    public static void Draw(VideoFrame target, VideoFrame source, int left, int top, double scale)
    {
        foreach (Plane plane in Planes)
        {
            double[,] from = Read(source, plane);
            (int x0, int y0) = plane == Plane.Y ? (left, top) : (left / 2, top / 2);
            for (int y = Math.Max(0, y0); y < Math.Min(Height(target, plane), y0 + (int)(from.GetLength(0) * scale)); y++)
            {
                for (int x = Math.Max(0, x0); x < Math.Min(Width(target, plane), x0 + (int)(from.GetLength(1) * scale)); x++)
                    Set(target, plane, x, y, Mean(from, (x - x0) / scale, (y - y0) / scale, 1 / scale));
            }
        }
    }

    private static byte Mean(double[,] values, double left, double top, double size)
    {
        (int x0, int y0) = ((int)left, (int)top);
        int x1 = Math.Clamp((int)Math.Ceiling(left + size - 1e-9), x0 + 1, values.GetLength(1));
        int y1 = Math.Clamp((int)Math.Ceiling(top + size - 1e-9), y0 + 1, values.GetLength(0));
        double sum = 0, area = 0;
        for (int y = y0; y < y1; y++)
        {
            for (int x = x0; x < x1; x++)
            {
                double part = (Math.Min(x + 1, left + size) - Math.Max(x, left)) * (Math.Min(y + 1, top + size) - Math.Max(y, top));
                sum += part * values[y, x];
                area += part;
            }
        }

        return (byte)Math.Round(sum / area);
    }

    public static double[,] Read(VideoFrame frame, Plane plane)
    {
        double[,] values = new double[Height(frame, plane), Width(frame, plane)];
        for (int y = 0; y < values.GetLength(0); y++)
        {
            for (int x = 0; x < values.GetLength(1); x++)
                values[y, x] = Get(frame, plane, x, y);
        }

        return values;
    }

    /// <summary>In dB; 58.9 is what rounding to whole numbers alone leaves.</summary>
    public static double Psnr(double[,] expected, VideoFrame frame, Plane plane) =>
        Psnr(expected, Read(frame, plane), 0, 0, expected.GetLength(1), expected.GetLength(0));

    public static double Psnr(double[,] expected, double[,] actual, int left, int top, int right, int bottom)
    {
        double sum = 0;
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right; x++)
                sum += Math.Pow(expected[y, x] - actual[y, x], 2);
        }

        double mean = sum / ((right - left) * (bottom - top));
        return mean == 0 ? double.PositiveInfinity : 10 * Math.Log10(255 * 255 / mean);
    }

    /// <summary>Mean square of the steps from pixel to pixel: how much fine detail there is.</summary>
    public static double Detail(double[,] values, int left, int top, int right, int bottom)
    {
        double sum = 0;
        for (int y = top; y < bottom; y++)
        {
            for (int x = left; x < right - 1; x++)
                sum += Math.Pow(values[y, x + 1] - values[y, x], 2);
        }

        return sum / ((right - left - 1) * (bottom - top));
    }

    private static byte* At(VideoFrame frame, Plane plane, int x, int y) => plane switch
    {
        Plane.Y => frame.Y + y * frame.StrideY + x,
        Plane.U => frame.U + y * frame.StrideUv + x,
        _ => frame.V + y * frame.StrideUv + x,
    };
}
