using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// A symmetric filter on both axes of a plane, exactly; what lies outside is the plane mirrored. Each row is filtered sideways once and
/// kept while rows near it need it. For wide Gaussians <see cref="PlaneBlur"/> is faster. One thread at a time.
/// </summary>
internal sealed unsafe class PlaneFilter(float[] taps) : IDisposable
{
    private readonly NativeBuffer<float> _source = new();
    private readonly NativeBuffer<float> _rows = new();
    private readonly int _radius = taps.Length / 2;
    private int _stride;
    private int _kept;

    /// <summary>
    /// Writes <c>share</c> times the filtered plane and the rest of the plane itself: more than 1 of that when the share is negative,
    /// which sharpens. Source and target may be the same.
    /// </summary>
    public void Apply(PixelPlane source, PixelPlane target, float share = 1)
    {
        Resize(source.Width, source.Height);
        int next = 0;
        for (int y = 0; y < source.Height; y++)
        {
            for (; next <= Math.Min(y + _radius, source.Height - 1); next++)
            {
                Load(source.Row(next), source.Width);
                FilterRow(source.Width, RowOf(next));
            }

            FilterColumns(y, source, target, share);
        }
    }

    /// <summary>Filters rows of floats into rows of floats, both <paramref name="stride"/> apart: the width rounded up to 16 or more.</summary>
    public void Apply(float* source, float* target, int stride, int width, int height)
    {
        Resize(width, height);
        float** rows = stackalloc float*[taps.Length];
        int next = 0;
        for (int y = 0; y < height; y++)
        {
            for (; next <= Math.Min(y + _radius, height - 1); next++)
            {
                new Span<float>(source + (nint)next * stride, width).CopyTo(new Span<float>(_source.Pointer + _radius, width));
                FilterRow(width, RowOf(next));
            }

            FindRows(y, height, rows);
            for (int x = 0; x < width; x += 16)
            {
                (Vector256<float> left, Vector256<float> right) = WeighColumns(rows, x);
                left.Store(target + (nint)y * stride + x);
                right.Store(target + (nint)y * stride + x + 8);
            }
        }
    }

    public void Dispose()
    {
        _source.Dispose();
        _rows.Dispose();
    }

    private void Resize(int width, int height)
    {
        _stride = (width + 15) / 16 * 16;
        _kept = Math.Min(height, taps.Length);
        _source.EnsureLength(_stride + 2 * _radius + 16);
        _rows.EnsureLength(_stride * _kept);
    }

    /// <summary>Of rows within the filter's reach no two share a place; a row outside is one inside, which is within reach, too.</summary>
    private float* RowOf(int y) => _rows.Pointer + (nint)(y % _kept) * _stride;

    private void Load(byte* pixels, int width)
    {
        float* source = _source.Pointer + _radius;
        for (int x = 0; x < width; x += 16)
        {
            (Vector256<float> left, Vector256<float> right) = PixelVector.Load(pixels + x);
            left.Store(source + x);
            right.Store(source + x + 8);
        }
    }

    private void FilterRow(int width, float* target)
    {
        float* source = _source.Pointer + _radius;
        for (int i = 1; i <= _radius; i++)
        {
            source[-i] = source[Mirroring.Inside(-i, width)];
            source[width - 1 + i] = source[Mirroring.Inside(width - 1 + i, width)];
        }

        fixed (float* weights = taps)
        {
            for (int x = 0; x < width; x += 16)
            {
                Vector256<float> left = default, right = default;
                for (int i = 0; i < taps.Length; i++)
                {
                    Vector256<float> weight = Vector256.Create(weights[i]);
                    left = Vector256.MultiplyAddEstimate(Vector256.Load(_source.Pointer + x + i), weight, left);
                    right = Vector256.MultiplyAddEstimate(Vector256.Load(_source.Pointer + x + i + 8), weight, right);
                }

                left.Store(target + x);
                right.Store(target + x + 8);
            }
        }
    }

    private void FilterColumns(int y, PixelPlane source, PixelPlane target, float share)
    {
        float** rows = stackalloc float*[taps.Length];
        FindRows(y, source.Height, rows);
        byte* own = source.Row(y);
        byte* to = target.Row(y);
        for (int x = 0; x < source.Width; x += 16)
        {
            (Vector256<float> left, Vector256<float> right) = WeighColumns(rows, x);
            if (share != 1)
            {
                (Vector256<float> ownLeft, Vector256<float> ownRight) = PixelVector.Load(own + x);
                left = ownLeft + (left - ownLeft) * share;
                right = ownRight + (right - ownRight) * share;
            }

            PixelVector.Store(left, right, to + x);
        }
    }

    private void FindRows(int y, int height, float** rows)
    {
        for (int i = 0; i < taps.Length; i++)
            rows[i] = RowOf(Mirroring.Inside(y + i - _radius, height));
    }

    private (Vector256<float> Left, Vector256<float> Right) WeighColumns(float** rows, int x)
    {
        Vector256<float> left = default, right = default;
        for (int i = 0; i < taps.Length; i++)
        {
            Vector256<float> weight = Vector256.Create(taps[i]);
            left = Vector256.MultiplyAddEstimate(Vector256.Load(rows[i] + x), weight, left);
            right = Vector256.MultiplyAddEstimate(Vector256.Load(rows[i] + x + 8), weight, right);
        }

        return (left, right);
    }
}
