using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ComfyStream.Media;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Writes a picture as the input of a network: planar RGB (NCHW, 1 x 3 x height x width), 0 to 1, stretched to the network's size
/// by averaging the area under each pixel, which does not alias at the large reductions that are usual here. Size, colour matrix
/// and layout change in one pass over the picture. One thread at a time.
/// </summary>
internal sealed unsafe class RgbTensorWriter(int width, int height) : IDisposable
{
    private readonly NativeBuffer<ushort> _columnSums = new();
    private readonly NativeBuffer<uint> _prefixSums = new();
    private readonly NativeBuffer<uint> _boundarySums = new(width + 16);
    private readonly NativeBuffer<float> _rows = new(3 * RowStride(width));
    private AreaAxis? _lumaX;
    private AreaAxis? _lumaY;
    private AreaAxis? _chromaX;
    private AreaAxis? _chromaY;

    /// <summary>The planes without gaps: the width is a multiple of 8.</summary>
    public void Write(VideoFrame source, float* tensor) =>
        Write(source, tensor, tensor + width * height, tensor + 2 * width * height, width);

    /// <summary>The same for any width: <paramref name="stride"/>, the floats from row to row, is the multiple of 8 that is not below it.</summary>
    public void Write(VideoFrame source, float* red, float* green, float* blue, int stride)
    {
        Resize(source.Width, source.Height);
        var matrix = new YuvToRgb(source.IsBt709);
        float* y = _rows.Pointer;
        float* u = y + RowStride(width);
        float* v = u + RowStride(width);
        for (int row = 0; row < height; row++)
        {
            Average(source.Y, source.StrideY, _lumaX!, _lumaY!, row, y);
            Average(source.U, source.StrideUv, _chromaX!, _chromaY!, row, u);
            Average(source.V, source.StrideUv, _chromaX!, _chromaY!, row, v);
            nint at = (nint)row * stride;
            matrix.Convert(y, u, v, red + at, green + at, blue + at, width);
        }
    }

    public void Dispose()
    {
        _columnSums.Dispose();
        _prefixSums.Dispose();
        _boundarySums.Dispose();
        _rows.Dispose();
        DisposeAxes();
    }

    private static int RowStride(int width) => (width + 15) / 16 * 16;

    private void Resize(int sourceWidth, int sourceHeight)
    {
        if (_lumaX?.SourceLength == sourceWidth && _lumaY?.SourceLength == sourceHeight)
            return;
        DisposeAxes();
        (_lumaX, _lumaY) = (new AreaAxis(sourceWidth, width), new AreaAxis(sourceHeight, height));
        (_chromaX, _chromaY) = (new AreaAxis(sourceWidth / 2, width), new AreaAxis(sourceHeight / 2, height));
        _columnSums.EnsureLength(sourceWidth + 32);
        _prefixSums.EnsureLength(sourceWidth + 32);
    }

    private void DisposeAxes()
    {
        _lumaX?.Dispose();
        _lumaY?.Dispose();
        _chromaX?.Dispose();
        _chromaY?.Dispose();
    }

    /// <summary>One row of area averages, 0 to 255.</summary>
    private void Average(byte* plane, int stride, AreaAxis x, AreaAxis y, int row, float* target)
    {
        ushort* columns = _columnSums.Pointer;
        uint* prefix = _prefixSums.Pointer;
        SumColumns(plane, stride, x.SourceLength, y, row, columns);

        uint sum = 0;
        for (int i = 0; i < x.SourceLength; i++)
        {
            prefix[i] = sum;
            sum += columns[i];
        }

        prefix[x.SourceLength] = sum;
        SumToBoundaries(prefix, x, _boundarySums.Pointer);
        ScaleDifferences(_boundarySums.Pointer, x.Scale, target, x.TargetLength);
    }

    /// <summary>Weighted sums of the rows under a target row; the weights add up to <see cref="AreaAxis.FractionOne"/>.</summary>
    private static void SumColumns(byte* plane, int stride, int length, AreaAxis y, int row, ushort* sums)
    {
        int first = y.Index[row];
        int last = Math.Max(first, y.Index[row + 1] - (y.Fraction[row + 1] == 0 ? 1 : 0));
        int rowCount = last - first + 1;
        ushort* weights = stackalloc ushort[rowCount];
        SplitWeight(y, row, first, rowCount, weights);

        byte* start = plane + (nint)first * stride;
        for (int x = 0; x < length; x += Vector256<byte>.Count)
        {
            Vector256<ushort> lower = default, upper = default;
            for (int i = 0; i < rowCount; i++)
            {
                (Vector256<ushort> l, Vector256<ushort> u) = Vector256.Widen(Vector256.Load(start + i * stride + x));
                lower += l * weights[i];
                upper += u * weights[i];
            }

            lower.Store(sums + x);
            upper.Store(sums + x + Vector256<ushort>.Count);
        }
    }

    private static void SplitWeight(AreaAxis y, int row, int first, int rowCount, ushort* weights)
    {
        int from = y.Fraction[row];
        int to = (y.Index[row + 1] - first) * AreaAxis.FractionOne + y.Fraction[row + 1];
        int given = 0;
        for (int i = 0; i < rowCount; i++)
        {
            int covered = Math.Min((i + 1) * AreaAxis.FractionOne, to) - from;
            int upToHere = i == rowCount - 1 ? AreaAxis.FractionOne : (covered * AreaAxis.FractionOne + (to - from) / 2) / (to - from);
            weights[i] = (ushort)(upToHere - given);
            given = upToHere;
        }
    }

    /// <summary>Sum of all columns before each boundary.</summary>
    private static void SumToBoundaries(uint* prefix, AreaAxis axis, uint* sums)
    {
        if (!Avx2.IsSupported)
        {
            for (int i = 0; i <= axis.TargetLength; i++)
            {
                uint* at = prefix + axis.Index[i];
                sums[i] = at[0] + (((at[1] - at[0]) * (uint)axis.Fraction[i]) >> 8);
            }

            return;
        }

        for (int i = 0; i < axis.BoundaryCount; i += 8)
        {
            Vector256<int> index = Vector256.Load(axis.Index + i);
            Vector256<uint> at = Avx2.GatherVector256(prefix, index, sizeof(uint));
            Vector256<uint> next = Avx2.GatherVector256(prefix + 1, index, sizeof(uint));
            (at + (((next - at) * Vector256.Load(axis.Fraction + i).AsUInt32()) >>> 8)).Store(sums + i);
        }
    }

    private static void ScaleDifferences(uint* sums, float* scales, float* target, int length)
    {
        for (int i = 0; i < length; i += Vector256<uint>.Count)
        {
            Vector256<uint> difference = Vector256.Load(sums + i + 1) - Vector256.Load(sums + i);
            (Vector256.ConvertToSingle(difference.AsInt32()) * Vector256.Load(scales + i)).Store(target + i);
        }
    }
}
