using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ComfyStream.Workflows.Pixels;

/// <summary>Scales planes by a pair of axes: the rows under a new row are weighed first, then the places in it. One thread at a time.</summary>
internal sealed unsafe class PlaneScaler : IDisposable
{
    private readonly NativeBuffer<float> _row = new();

    /// <summary>Source and target must be two.</summary>
    public void Scale(PixelPlane source, PixelPlane target, ScaleAxis x, ScaleAxis y)
    {
        if (x.Count == 1 && y.Count == 1)
        {
            Pick(source, target, x, y);
            return;
        }

        // Weights of 0 may stand for places behind the row.
        _row.EnsureLength((source.Width + 63) / 64 * 64 + x.Count);
        for (int row = 0; row < target.Height; row++)
        {
            WeighRows(source, y, row, _row.Pointer);
            if (Avx2.IsSupported)
                WeighPlacesByGathering(_row.Pointer, x, target.Row(row));
            else
                WeighPlaces(_row.Pointer, x, target.Row(row));
        }
    }

    public void Dispose() => _row.Dispose();

    private static void Pick(PixelPlane source, PixelPlane target, ScaleAxis x, ScaleAxis y)
    {
        for (int row = 0; row < target.Height; row++)
        {
            byte* to = target.Row(row);
            if (row > 0 && y.First[row] == y.First[row - 1])
            {
                Buffer.MemoryCopy(to - target.Stride, to, target.Width, target.Width);
                continue;
            }

            byte* from = source.Row(y.First[row]);
            for (int i = 0; i < target.Width; i++)
                to[i] = from[x.First[i]];
        }
    }

    private static void WeighRows(PixelPlane source, ScaleAxis y, int row, float* sums)
    {
        byte* from = source.Row(y.First[row]);
        float* weights = y.Weights + row;

        // Neighbours behind the last row have a weight of 0 and are not there.
        int count = Math.Min(y.Count, source.Height - y.First[row]);
        for (int x = 0; x < source.Width; x += 16)
        {
            Vector256<float> left = default, right = default;
            for (int i = 0; i < count; i++)
            {
                Vector256<ushort> pixels = Vector256.WidenLower(Vector128.Load(from + (nint)i * source.Stride + x).ToVector256Unsafe());
                Vector256<float> weight = Vector256.Create(weights[i * y.Stride]);
                left = Vector256.MultiplyAddEstimate(ToFloats(Vector256.WidenLower(pixels)), weight, left);
                right = Vector256.MultiplyAddEstimate(ToFloats(Vector256.WidenUpper(pixels)), weight, right);
            }

            left.Store(sums + x);
            right.Store(sums + x + 8);
        }
    }

    private static void WeighPlacesByGathering(float* row, ScaleAxis axis, byte* target)
    {
        for (int x = 0; x < axis.TargetLength; x += 16)
            PixelVector.Store(Gather(row, axis, x), Gather(row, axis, x + 8), target + x);
    }

    private static Vector256<float> Gather(float* row, ScaleAxis axis, int x)
    {
        Vector256<int> first = Vector256.Load(axis.First + x);
        Vector256<float> sum = default;
        for (int i = 0; i < axis.Count; i++)
        {
            Vector256<float> places = Avx2.GatherVector256(row + i, first, sizeof(float));
            sum = Vector256.MultiplyAddEstimate(places, Vector256.Load(axis.Weights + (nint)i * axis.Stride + x), sum);
        }

        return sum;
    }

    private static void WeighPlaces(float* row, ScaleAxis axis, byte* target)
    {
        for (int x = 0; x < axis.TargetLength; x++)
        {
            float sum = 0;
            for (int i = 0; i < axis.Count; i++)
                sum += row[axis.First[x] + i] * axis.Weights[(nint)i * axis.Stride + x];
            target[x] = (byte)Math.Clamp(sum + 0.5f, 0, 255);
        }
    }

    private static Vector256<float> ToFloats(Vector256<uint> pixels) => Vector256.ConvertToSingle(pixels.AsInt32());
}
