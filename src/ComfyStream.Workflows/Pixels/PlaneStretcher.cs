using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Brings a plane to another size by linear interpolation: pixels are squares, and at the edges the last ones are repeated. One thread
/// at a time.
/// </summary>
internal sealed unsafe class PlaneStretcher : IDisposable
{
    private const int WeightBits = 7;
    private const int One = 1 << WeightBits;

    private readonly NativeBuffer<int> _index = new();
    private readonly NativeBuffer<int> _weight = new();
    private readonly NativeBuffer<ushort> _rows = new();
    private int _sourceWidth;
    private int _width;
    private int _stride;

    /// <param name="source">Plane whose rows are readable to 4 bytes past their end.</param>
    /// <param name="sourceStride">Bytes from row to row.</param>
    /// <param name="sourceWidth">Its width.</param>
    /// <param name="sourceHeight">Its height.</param>
    /// <param name="target">Plane whose rows are writable up to a multiple of 16 bytes.</param>
    /// <param name="stride">Bytes from row to row.</param>
    /// <param name="width">Its width.</param>
    /// <param name="height">Its height.</param>
    public void Stretch(byte* source, int sourceStride, int sourceWidth, int sourceHeight, byte* target, int stride, int width, int height)
    {
        if (_width != width || _sourceWidth != sourceWidth)
            Resize(sourceWidth, width);
        int upperRow = -2;
        for (int y = 0; y < height; y++)
        {
            (int row, int ofLower) = Locate(y, sourceHeight, height);
            int next = Math.Min(row + 1, sourceHeight - 1);
            if (row != upperRow)
            {
                if (row != upperRow + 1)
                    Widen(source + (nint)row * sourceStride, row);
                Widen(source + (nint)next * sourceStride, row + 1);
                upperRow = row;
            }

            Mix(row, ofLower, target + (nint)y * stride);
        }
    }

    public void Dispose()
    {
        _index.Dispose();
        _weight.Dispose();
        _rows.Dispose();
    }

    /// <summary>Where the middle of a new pixel lies among the old ones: after which, and how far.</summary>
    private static (int Index, int Weight) Locate(int at, int sourceLength, int length)
    {
        double position = Math.Clamp((at + 0.5) * sourceLength / length - 0.5, 0, sourceLength - 1);
        return ((int)position, (int)Math.Round((position - (int)position) * One));
    }

    private void Resize(int sourceWidth, int width)
    {
        (_sourceWidth, _width, _stride) = (sourceWidth, width, (width + 63) / 64 * 64);
        _index.EnsureLength(_stride);
        _weight.EnsureLength(_stride);
        _rows.EnsureLength(2 * _stride);
        for (int x = 0; x < _stride; x++)
            (_index.Pointer[x], _weight.Pointer[x]) = Locate(Math.Min(x, width - 1), sourceWidth, width);

        // The last pixel has no right neighbour; with a weight of 0 it does not matter what stands there.
        for (int x = 0; x < _stride; x++)
            _weight.Pointer[x] = _index.Pointer[x] == sourceWidth - 1 ? 0 : _weight.Pointer[x];
    }

    /// <summary>A row at the new width, its values times <see cref="One"/>, in the half of the buffer by its parity.</summary>
    private void Widen(byte* source, int row)
    {
        ushort* target = _rows.Pointer + (row & 1) * _stride;
        if (!Avx2.IsSupported)
        {
            for (int x = 0; x < _stride; x++)
            {
                byte* at = source + _index.Pointer[x];
                target[x] = (ushort)(at[0] * One + (at[1] - at[0]) * _weight.Pointer[x]);
            }

            return;
        }

        for (int x = 0; x < _stride; x += 16)
            Vector256.Narrow(Interpolate(source, x), Interpolate(source, x + 8)).AsUInt16().Store(target + x);
    }

    private Vector256<int> Interpolate(byte* source, int x)
    {
        Vector256<int> pair = Avx2.GatherVector256((int*)source, Vector256.Load(_index.Pointer + x), 1);
        Vector256<int> left = pair & Vector256.Create(0xFF);
        Vector256<int> right = (pair >>> 8) & Vector256.Create(0xFF);
        return (left << WeightBits) + (right - left) * Vector256.Load(_weight.Pointer + x);
    }

    private void Mix(int row, int ofLower, byte* target)
    {
        ushort* upper = _rows.Pointer + (row & 1) * _stride;
        ushort* lower = _rows.Pointer + (~row & 1) * _stride;
        Vector256<uint> half = Vector256.Create((uint)One * One / 2);
        Vector256<uint> lowerWeight = Vector256.Create((uint)ofLower);
        Vector256<uint> upperWeight = Vector256.Create((uint)(One - ofLower));
        for (int x = 0; x < _width; x += 16)
        {
            Vector256<ushort> above = Vector256.Load(upper + x);
            Vector256<ushort> below = Vector256.Load(lower + x);
            Vector256<uint> left = (Vector256.WidenLower(above) * upperWeight + Vector256.WidenLower(below) * lowerWeight + half) >>> (2 * WeightBits);
            Vector256<uint> right = (Vector256.WidenUpper(above) * upperWeight + Vector256.WidenUpper(below) * lowerWeight + half) >>> (2 * WeightBits);
            Vector256<ushort> both = Vector256.Narrow(left, right);
            Vector128.Narrow(both.GetLower(), both.GetUpper()).Store(target + x);
        }
    }
}
