using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Doubles a plane by linear interpolation: pixels are squares, so a new one takes 9, 3, 3 and 1 sixteenths of the four around it, and
/// at the edges the last ones are repeated. What a network found missing can be added on the way. One thread at a time.
/// </summary>
internal sealed unsafe class PlaneDoubler : IDisposable
{
    /// <summary>Before a mixed row, so that its left neighbour can be read.</summary>
    private const int Lead = 16;

    private readonly NativeBuffer<ushort> _mixed = new();

    /// <param name="source">Plane whose rows are readable up to a multiple of 64 bytes.</param>
    /// <param name="sourceStride">Bytes from row to row.</param>
    /// <param name="width">Its width.</param>
    /// <param name="height">Its height.</param>
    /// <param name="target">Plane of twice the size whose rows are writable up to a multiple of 64 bytes.</param>
    /// <param name="targetStride">Bytes from row to row.</param>
    /// <param name="residual">What is added to the target's pixels, row after row without gaps; null for nothing.</param>
    /// <param name="gain">Levels for a residual of 1.</param>
    public void Double(byte* source, int sourceStride, int width, int height, byte* target, int targetStride, float* residual = null, float gain = 0)
    {
        _mixed.EnsureLength(Lead + width + 64);
        ushort* mixed = _mixed.Pointer + Lead;
        for (int y = 0; y < 2 * height; y++)
        {
            int row = y / 2;
            int other = Math.Clamp(row + (y % 2 == 0 ? -1 : 1), 0, height - 1);
            Mix(source + (nint)row * sourceStride, source + (nint)other * sourceStride, mixed, width);
            byte* to = target + (nint)y * targetStride;
            if (residual is null)
                Spread(mixed, to, width);
            else
                Spread(mixed, to, width, residual + (nint)y * 2 * width, gain);
        }
    }

    public void Dispose() => _mixed.Dispose();

    /// <summary>Three parts of the nearer row and one of the other, and the last pixels repeated on both sides.</summary>
    private static void Mix(byte* near, byte* far, ushort* mixed, int width)
    {
        for (int x = 0; x < width; x += Vector256<byte>.Count)
        {
            (Vector256<ushort> nearLeft, Vector256<ushort> nearRight) = Vector256.Widen(Vector256.Load(near + x));
            (Vector256<ushort> farLeft, Vector256<ushort> farRight) = Vector256.Widen(Vector256.Load(far + x));
            (nearLeft * 3 + farLeft).Store(mixed + x);
            (nearRight * 3 + farRight).Store(mixed + x + Vector256<ushort>.Count);
        }

        mixed[-1] = mixed[0];
        mixed[width] = mixed[width - 1];
    }

    private static void Spread(ushort* mixed, byte* target, int width)
    {
        Vector256<ushort> half = Vector256.Create((ushort)8);
        for (int x = 0; x < width; x += Vector256<ushort>.Count)
        {
            Vector256<ushort> centre = Vector256.Load(mixed + x) * 3 + half;
            Vector256<ushort> even = (centre + Vector256.Load(mixed + x - 1)) >>> 4;
            Vector256<ushort> odd = (centre + Vector256.Load(mixed + x + 1)) >>> 4;
            (even | (odd << 8)).AsByte().Store(target + 2 * x);
        }
    }

    // Eight pixels at a time: more would read beyond what follows the last residual.
    private static void Spread(ushort* mixed, byte* target, int width, float* residual, float gain)
    {
        for (int x = 0; x < width; x += Vector128<ushort>.Count)
        {
            Vector128<ushort> centre = Vector128.Load(mixed + x) * 3;
            Vector128<ushort> even = centre + Vector128.Load(mixed + x - 1);
            Vector128<ushort> odd = centre + Vector128.Load(mixed + x + 1);
            Vector128<ushort> left = (Vector128.WidenLower(even) | (Vector128.WidenLower(odd) << 16)).AsUInt16();
            Vector128<ushort> right = (Vector128.WidenUpper(even) | (Vector128.WidenUpper(odd) << 16)).AsUInt16();
            float* add = residual + 2 * x;
            Store(Add(left, add, gain), Add(right, add + 8, gain), target + 2 * x);
        }
    }

    /// <summary>Eight sums of sixteenths and what is added to them, as levels.</summary>
    private static Vector256<int> Add(Vector128<ushort> sums, float* residual, float gain)
    {
        Vector256<float> level = Vector256.ConvertToSingle(Vector256.WidenLower(sums.ToVector256Unsafe()).AsInt32()) * (1f / 16);
        level += Vector256.Load(residual) * gain + Vector256.Create(0.5f);
        return Vector256.ConvertToInt32(Vector256.Clamp(level, Vector256<float>.Zero, Vector256.Create(255f)));
    }

    private static void Store(Vector256<int> left, Vector256<int> right, byte* target)
    {
        Vector256<short> levels = Vector256.Narrow(left, right);
        Vector128.Narrow(levels.GetLower().AsUInt16(), levels.GetUpper().AsUInt16()).Store(target);
    }
}
