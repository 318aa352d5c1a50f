using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Gaussian blur of one plane, mirrored at its edges. Shrinks, filters and enlarges as <see cref="GaussianTaps"/> says, a row at a time,
/// so that only the small plane leaves the nearest cache. One thread at a time.
/// </summary>
internal sealed unsafe class PlaneBlur(GaussianTaps taps) : IDisposable
{
    /// <summary>Floats before the first of a row: a vector, of which the last is the column outside.</summary>
    private const int Lead = 16;

    private readonly NativeBuffer<float> _reduced = new();
    private readonly NativeBuffer<float> _filteredColumns = new();
    private readonly NativeBuffer<float> _filtered = new();
    private readonly NativeBuffer<ushort> _enlarged = new();
    private readonly int _radius = taps.Weights.Length / 2;
    private int _reducedWidth;
    private int _reducedHeight;
    private int _reducedStride;
    private int _enlargedStride;

    /// <summary>First value of the small plane; the row above and the column to the left of it are there too.</summary>
    private float* Reduced => _reduced.Pointer + _reducedStride + Lead;

    /// <summary>Space before a filtered row for the repeated edge.</summary>
    private int Margin => RoundUp(_radius + Lead);

    /// <summary>Source and target may be the same; rows must be readable and writable up to a multiple of 64 bytes.</summary>
    public void Blur(byte* source, int sourceStride, byte* target, int targetStride, int width, int height)
    {
        Resize(width, height);
        PlaneReducer.Reduce(source, sourceStride, width, height, taps.Factor, Reduced, _reducedStride, mirrors: true);
        if (taps.Factor == 1)
            WriteUnscaled(target, targetStride, width, height);
        else
            WriteEnlarged(target, targetStride, width, height);
    }

    public void Dispose()
    {
        _reduced.Dispose();
        _filteredColumns.Dispose();
        _filtered.Dispose();
        _enlarged.Dispose();
    }

    private static int RoundUp(int length) => (length + 63) / 64 * 64;

    private void Resize(int width, int height)
    {
        _reducedWidth = (width + taps.Factor - 1) / taps.Factor;
        _reducedHeight = (height + taps.Factor - 1) / taps.Factor;
        _reducedStride = RoundUp(Lead + _reducedWidth + 1);
        _enlargedStride = RoundUp((_reducedWidth + 1) * taps.Factor) + 64;
        _reduced.EnsureLength(_reducedStride * (_reducedHeight + 2));
        _filteredColumns.EnsureLength(2 * Margin + _reducedStride);
        _filtered.EnsureLength(_reducedStride + 64);
        _enlarged.EnsureLength(2 * _enlargedStride);
    }

    private void WriteUnscaled(byte* target, int targetStride, int width, int height)
    {
        float* row = _filtered.Pointer + Lead;
        for (int y = 0; y < height; y++)
        {
            FilterRow(y, row);
            byte* to = target + (nint)y * targetStride;
            for (int x = 0; x < width; x += 16)
            {
                Vector256<int> lower = Round(Vector256.Load(row + x));
                Vector256<int> upper = Round(Vector256.Load(row + x + 8));
                Vector256<ushort> words = Vector256.Narrow(lower, upper).AsUInt16();
                Vector128.Narrow(words.GetLower(), words.GetUpper()).Store(to + x);
            }
        }
    }

    /// <summary>
    /// Small row i stands for the middle of its <c>factor</c> rows. Between the middles of rows i - 1 and i lie <c>factor</c> rows of the
    /// picture, at odd multiples of 1 / (2 factor) of the way.
    /// </summary>
    private void WriteEnlarged(byte* target, int targetStride, int width, int height)
    {
        int factor = taps.Factor;
        ushort* above = _enlarged.Pointer;
        ushort* below = above + _enlargedStride;
        float* row = _filtered.Pointer + Lead;
        FilterRow(-1, row);
        EnlargeRow(row, above);
        for (int i = 0; i <= _reducedHeight; i++)
        {
            FilterRow(i, row);
            EnlargeRow(row, below);
            int top = i * factor - factor / 2;
            for (int k = Math.Max(0, -top); k < factor && top + k < height; k++)
                Mix(above + factor / 2, below + factor / 2, (ushort)(2 * k + 1), target + (nint)(top + k) * targetStride, width);

            ushort* used = above;
            above = below;
            below = used;
        }
    }

    /// <summary>Filters one row of the small plane both ways, from the column outside on the left to that on the right.</summary>
    private void FilterRow(int y, float* target)
    {
        float* columns = _filteredColumns.Pointer + Margin;
        FilterColumns(y, columns);
        for (int i = 1; i <= _radius; i++)
        {
            columns[-1 - i] = columns[Inside(-1 - i, _reducedWidth)];
            columns[_reducedWidth + i] = columns[Inside(_reducedWidth + i, _reducedWidth)];
        }

        int count = 2 * _radius + 1;
        fixed (float* weights = taps.Weights)
        {
            for (int x = -1; x <= _reducedWidth; x += 16)
            {
                Vector256<float> left = default, right = default;
                float* from = columns + x - _radius;
                for (int i = 0; i < count; i++)
                {
                    Vector256<float> weight = Vector256.Create(weights[i]);
                    left = Vector256.MultiplyAddEstimate(Vector256.Load(from + i), weight, left);
                    right = Vector256.MultiplyAddEstimate(Vector256.Load(from + i + 8), weight, right);
                }

                left.Store(target + x);
                right.Store(target + x + 8);
            }
        }
    }

    /// <summary>
    /// The small pixel that stands for one outside. The first one outside is there itself. Where small pixels are averages those beyond
    /// are mirrored at its edge, which is half a pixel of the plane off.
    /// </summary>
    private int Inside(int place, int length)
    {
        if (taps.Factor == 1)
            return Mirroring.Inside(place, length);
        while (place < -1 || place > length)
            place = place < -1 ? -1 - place : 2 * length - 1 - place;
        return place;
    }

    private void FilterColumns(int y, float* target)
    {
        int count = 2 * _radius + 1;
        float** rows = stackalloc float*[count];
        for (int i = 0; i < count; i++)
            rows[i] = Reduced + (nint)Inside(y + i - _radius, _reducedHeight) * _reducedStride;

        fixed (float* weights = taps.Weights)
        {
            for (int x = -1; x <= _reducedWidth; x += 16)
            {
                Vector256<float> left = default, right = default;
                for (int i = 0; i < count; i++)
                {
                    Vector256<float> weight = Vector256.Create(weights[i]);
                    left = Vector256.MultiplyAddEstimate(Vector256.Load(rows[i] + x), weight, left);
                    right = Vector256.MultiplyAddEstimate(Vector256.Load(rows[i] + x + 8), weight, right);
                }

                left.Store(target + x);
                right.Store(target + x + 8);
            }
        }
    }

    /// <summary>
    /// Straight lines between neighbours, <c>factor</c> places each, as fixed-point numbers scaled so that <see cref="Mix"/> stays
    /// within 16 bits: 255 * 128 / factor at most. The first place is factor / 2 before the picture.
    /// </summary>
    private void EnlargeRow(float* row, ushort* target)
    {
        int factor = taps.Factor;
        float* weights = stackalloc float[16];
        int* spread = stackalloc int[8];
        for (int i = 0; i < 8; i++)
        {
            int place = 2 * (i % factor) + 1;
            weights[i] = (2 * factor - place) * 64f / (factor * factor);
            weights[i + 8] = place * 64f / (factor * factor);
            spread[i] = i / factor;
        }

        Vector256<float> ofLeft = Vector256.Load(weights);
        Vector256<float> ofRight = Vector256.Load(weights + 8);
        Vector256<int> places = Vector256.Load(spread);
        int step = 8 / factor;
        int length = (_reducedWidth + 1) * factor;
        for (int x = 0, i = 0; x < length; x += 16, i += 2 * step)
        {
            Vector256<int> lower = Round(At(row + i - 1, places) * ofLeft + At(row + i, places) * ofRight);
            Vector256<int> upper = Round(At(row + i + step - 1, places) * ofLeft + At(row + i + step, places) * ofRight);
            Vector256.Narrow(lower, upper).AsUInt16().Store(target + x);
        }
    }

    private static Vector256<float> At(float* row, Vector256<int> places) => Vector256.ShuffleNative(Vector256.Load(row), places);

    private static Vector256<int> Round(Vector256<float> value) => Vector256.ConvertToInt32(value + Vector256.Create(0.5f));

    /// <summary>Weighs two enlarged rows and narrows them to pixels.</summary>
    private void Mix(ushort* above, ushort* below, ushort place, byte* target, int width)
    {
        Vector256<ushort> ofBelow = Vector256.Create(place);
        Vector256<ushort> ofAbove = Vector256.Create((ushort)(2 * taps.Factor - place));
        Vector256<ushort> half = Vector256.Create((ushort)128);
        for (int x = 0; x < width; x += 32)
        {
            Vector256<ushort> left = (Vector256.Load(above + x) * ofAbove + Vector256.Load(below + x) * ofBelow + half) >>> 8;
            Vector256<ushort> right = (Vector256.Load(above + x + 16) * ofAbove + Vector256.Load(below + x + 16) * ofBelow + half) >>> 8;
            Vector256.Narrow(left, right).Store(target + x);
        }
    }
}
