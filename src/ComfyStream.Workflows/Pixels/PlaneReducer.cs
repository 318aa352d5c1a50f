using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Shrinks a plane by averaging squares, those that touch its edges from outside included: there the plane's last pixels are
/// repeated, or the plane is mirrored.
/// </summary>
internal static unsafe class PlaneReducer
{
    /// <param name="source">Plane whose rows are readable up to a multiple of 64 bytes.</param>
    /// <param name="sourceStride">Bytes from row to row.</param>
    /// <param name="width">Its width.</param>
    /// <param name="height">Its height.</param>
    /// <param name="factor">Side of a square: 1, 2, 4 or 8.</param>
    /// <param name="target">
    /// The average (0 to 255) of the square in the corner; one column and one row more are written on every side. Rows are writable
    /// up to a multiple of 16.
    /// </param>
    /// <param name="targetStride">Floats from row to row.</param>
    /// <param name="mirrors">Whether the plane is mirrored outside, without its outermost pixels.</param>
    public static void Reduce(
        byte* source, int sourceStride, int width, int height, int factor, float* target, int targetStride, bool mirrors = false)
    {
        byte** rows = stackalloc byte*[8];
        int targetWidth = (width + factor - 1) / factor;
        int targetHeight = (height + factor - 1) / factor;
        for (int y = -1; y <= targetHeight; y++)
        {
            for (int i = 0; i < factor; i++)
                rows[i] = source + (nint)Inside(y * factor + i, height, mirrors) * sourceStride;

            float* row = target + (nint)y * targetStride;
            ReduceRow(rows, width, factor, row);
            row[-1] = AverageSquare(rows, factor, -factor, width, mirrors);
            row[targetWidth] = AverageSquare(rows, factor, targetWidth * factor, width, mirrors);
            if (width % factor != 0)
                row[targetWidth - 1] = AverageSquare(rows, factor, (targetWidth - 1) * factor, width, mirrors);
        }
    }

    private static void ReduceRow(byte** rows, int width, int factor, float* target)
    {
        switch (factor)
        {
            case 1: Widen(rows[0], width, target); break;
            case 2: Reduce2(rows, width, target); break;
            case 4: Reduce4(rows, width, target); break;
            case 8: Reduce8(rows, width, target); break;
            default: throw new ArgumentOutOfRangeException(nameof(factor), factor, "1, 2, 4 or 8.");
        }
    }

    private static void Widen(byte* source, int width, float* target)
    {
        for (int x = 0; x < width; x += 16)
        {
            Vector256<ushort> pixels = Vector256.WidenLower(Vector128.Load(source + x).ToVector256Unsafe());
            Store(Vector256.WidenLower(pixels), 1, target + x);
            Store(Vector256.WidenUpper(pixels), 1, target + x + 8);
        }
    }

    private static void Reduce2(byte** rows, int width, float* target)
    {
        for (int x = 0; x < width; x += 32)
        {
            Vector256<ushort> sums = PairSums(rows, 2, x);
            Store(Vector256.WidenLower(sums), 1f / 4, target + x / 2);
            Store(Vector256.WidenUpper(sums), 1f / 4, target + x / 2 + 8);
        }
    }

    private static void Reduce4(byte** rows, int width, float* target)
    {
        for (int x = 0; x < width; x += 32)
            Store(QuadSums(rows, 4, x), 1f / 16, target + x / 4);
    }

    private static void Reduce8(byte** rows, int width, float* target)
    {
        for (int x = 0; x < width; x += 64)
        {
            Vector256<ulong> left = OctSums(rows, x);
            Vector256<ulong> right = OctSums(rows, x + 32);
            Store(Vector256.Narrow(left, right), 1f / 64, target + x / 8);
        }
    }

    /// <summary>Sums of two neighbours over all rows: 16 from 32 columns.</summary>
    private static Vector256<ushort> PairSums(byte** rows, int rowCount, int x)
    {
        Vector256<ushort> sums = default;
        for (int i = 0; i < rowCount; i++)
        {
            Vector256<ushort> pixels = Vector256.Load(rows[i] + x).AsUInt16();
            sums += (pixels & Vector256.Create((ushort)0xFF)) + (pixels >>> 8);
        }

        return sums;
    }

    private static Vector256<uint> QuadSums(byte** rows, int rowCount, int x)
    {
        Vector256<uint> pairs = PairSums(rows, rowCount, x).AsUInt32();
        return (pairs & Vector256.Create(0xFFFFu)) + (pairs >>> 16);
    }

    private static Vector256<ulong> OctSums(byte** rows, int x)
    {
        Vector256<ulong> quads = QuadSums(rows, 8, x).AsUInt64();
        return (quads & Vector256.Create(0xFFFFFFFFul)) + (quads >>> 32);
    }

    private static void Store(Vector256<uint> sums, float scale, float* target) =>
        (Vector256.ConvertToSingle(sums.AsInt32()) * scale).Store(target);

    private static int Inside(int place, int length, bool mirrors) =>
        mirrors ? Mirroring.Inside(place, length) : Math.Clamp(place, 0, length - 1);

    /// <summary>The square that begins at a column, which may lie outside.</summary>
    private static float AverageSquare(byte** rows, int factor, int first, int width, bool mirrors)
    {
        int sum = 0;
        for (int i = 0; i < factor; i++)
        {
            for (int x = first; x < first + factor; x++)
                sum += rows[i][Inside(x, width, mirrors)];
        }

        return (float)sum / (factor * factor);
    }
}
