using System.Numerics;
using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Canny's edges: a Gaussian (5 pixels, sigma 1), the gradient by Sobel, of which the ridges are kept, strong ones and those weak ones
/// that hang together with them. Values are in units of the grey, the thresholds in its range. One thread at a time.
/// </summary>
/// <param name="low">The least gradient of an edge.</param>
/// <param name="high">The least gradient where an edge begins.</param>
internal sealed unsafe class EdgeDetector(double low, double high) : IDisposable
{
    private const float Epsilon = 1e-6f;
    private const float TanOfEighth = 0.41421356f;
    private const byte Weak = 1;
    private const byte Strong = 2;

    private readonly PlaneFilter _blur = new(FilterTaps.Gaussian(radius: 2, sigma: 1));
    private readonly NativeBuffer<float> _grey = new();
    private readonly NativeBuffer<float> _smooth = new();
    private readonly NativeBuffer<float> _gradient = new();
    private readonly NativeBuffer<byte> _direction = new();
    private readonly NativeBuffer<byte> _edges = new();
    private readonly NativeBuffer<int> _open = new();
    private int _width;
    private int _height;
    private int _stride;
    private int _openCount;

    /// <summary>From a gradient's place to that of the same pixel's neighbours: a row and a vector of zeros lie around the picture.</summary>
    private float* Gradient => _gradient.Pointer + _stride + Lead;

    private byte* Edges => _edges.Pointer + _stride + Lead;

    private static int Lead => 16;

    /// <summary>Row <paramref name="y"/> of the grey, to be written before <see cref="Detect"/>; up to a multiple of 16.</summary>
    public float* GreyRow(int y) => _grey.Pointer + (nint)y * _stride;

    /// <summary>Makes room for a picture of that size.</summary>
    public void Resize(int width, int height)
    {
        if (width == _width && height == _height)
            return;
        (_width, _height, _stride) = (width, height, (width + 15) / 16 * 16 + 2 * Lead);
        foreach (NativeBuffer<float> plane in (ReadOnlySpan<NativeBuffer<float>>)[_grey, _smooth, _gradient])
            Clear(plane, _stride * (height + 2) + 2 * Lead);
        Clear(_direction, _stride * height);
        Clear(_edges, _stride * (height + 2) + 2 * Lead);
        _open.EnsureLength(width * height);
    }

    /// <summary>Finds the edges; <paramref name="range"/> is the grey's value of white.</summary>
    public void Detect(float range)
    {
        _blur.Apply(_grey.Pointer, _smooth.Pointer, _stride, _width, _height);
        for (int y = 0; y < _height; y++)
            Differentiate(y, Epsilon * range * range);
        _openCount = 0;
        float least = (float)(low * low) * range * range;
        float begin = (float)(high * high) * range * range;
        for (int y = 0; y < _height; y++)
            FindRidges(y, least, begin);
        FollowEdges();
    }

    /// <summary>Writes one value on edges and another elsewhere.</summary>
    public void Write(PixelPlane target, byte edge, byte elsewhere)
    {
        for (int y = 0; y < _height; y++)
        {
            byte* from = Edges + (nint)y * _stride;
            byte* to = target.Row(y);
            for (int x = 0; x < _width; x += 16)
            {
                Vector128<byte> isEdge = Vector128.Equals(Vector128.Load(from + x), Vector128.Create(Strong));
                Vector128.ConditionalSelect(isEdge, Vector128.Create(edge), Vector128.Create(elsewhere)).Store(to + x);
            }
        }
    }

    public void Dispose()
    {
        _blur.Dispose();
        _grey.Dispose();
        _smooth.Dispose();
        _gradient.Dispose();
        _direction.Dispose();
        _edges.Dispose();
        _open.Dispose();
    }

    private static void Clear<T>(NativeBuffer<T> buffer, int length)
        where T : unmanaged
    {
        buffer.EnsureLength(length);
        new Span<T>(buffer.Pointer, buffer.Length).Clear();
    }

    /// <summary>Squares of the gradient, and which of four directions it has. Pixels outside repeat the outermost ones.</summary>
    private void Differentiate(int y, float epsilon)
    {
        float* row = _smooth.Pointer + (nint)y * _stride;
        float* above = _smooth.Pointer + (nint)Math.Max(0, y - 1) * _stride;
        float* below = _smooth.Pointer + (nint)Math.Min(_height - 1, y + 1) * _stride;
        float* gradient = Gradient + (nint)y * _stride;
        byte* direction = _direction.Pointer + (nint)y * _stride;
        for (int x = 0; x < _width; x += 8)
        {
            (Vector256<float> aboveLeft, Vector256<float> aboveRight) = Beside(above, x);
            (Vector256<float> left, Vector256<float> right) = Beside(row, x);
            (Vector256<float> belowLeft, Vector256<float> belowRight) = Beside(below, x);
            Vector256<float> gx = aboveRight - aboveLeft + 2 * (right - left) + belowRight - belowLeft;
            Vector256<float> gy = belowLeft - aboveLeft + 2 * (Vector256.Load(below + x) - Vector256.Load(above + x)) + belowRight - aboveRight;
            (gx * gx + gy * gy + Vector256.Create(epsilon)).Store(gradient + x);

            // 0 along the row, 1 along the column, 2 and 3 along the diagonals down and up.
            Vector256<float> isFlat = Vector256.LessThanOrEqual(Vector256.Abs(gy), Vector256.Abs(gx) * TanOfEighth);
            Vector256<float> isSteep = Vector256.LessThanOrEqual(Vector256.Abs(gx), Vector256.Abs(gy) * TanOfEighth);
            Vector256<int> diagonal = Vector256.Create(2) + ((gx.AsInt32() ^ gy.AsInt32()) >>> 31);
            Vector256<int> code = Vector256.ConditionalSelect(isFlat.AsInt32(), Vector256<int>.Zero, Vector256.ConditionalSelect(isSteep.AsInt32(), Vector256<int>.One, diagonal));
            Vector128<short> narrow = Vector128.Narrow(code.GetLower(), code.GetUpper());
            *(ulong*)(direction + x) = Vector128.Narrow(narrow, narrow).AsUInt64()[0];
        }

        for (int x = _width; x < _stride - Lead; x++)
            gradient[x] = 0;
    }

    /// <summary>The neighbours on the left and on the right; those of the outermost pixels are these themselves.</summary>
    private (Vector256<float> Left, Vector256<float> Right) Beside(float* row, int x)
    {
        Vector256<float> left = x == 0 ? Shifted(row[0], row) : Vector256.Load(row + x - 1);
        Vector256<float> right = Vector256.Load(row + x + 1);
        int last = _width - 1 - x;
        return last < 8 ? (left, right.WithElement(last, row[_width - 1])) : (left, right);
    }

    private static Vector256<float> Shifted(float first, float* row) =>
        Vector256.Create(first, row[0], row[1], row[2], row[3], row[4], row[5], row[6]);

    private void FindRidges(int y, float least, float begin)
    {
        float* gradient = Gradient + (nint)y * _stride;
        byte* direction = _direction.Pointer + (nint)y * _stride;
        byte* edges = Edges + (nint)y * _stride;
        new Span<byte>(edges, _width).Clear();
        for (int x = 0; x < _width; x += 8)
        {
            uint candidates = Vector256.GreaterThan(Vector256.Load(gradient + x), Vector256.Create(least)).ExtractMostSignificantBits();
            for (; candidates != 0; candidates &= candidates - 1)
            {
                int at = x + BitOperations.TrailingZeroCount(candidates);
                int along = direction[at] switch { 0 => 1, 1 => _stride, 2 => _stride + 1, _ => _stride - 1 };
                float own = gradient[at];
                if (own <= gradient[at + along] || own <= gradient[at - along])
                    continue;
                edges[at] = own > begin ? Strong : Weak;
                if (own > begin)
                    _open.Pointer[_openCount++] = y * _stride + at;
            }
        }
    }

    /// <summary>Weak pixels beside strong ones become strong.</summary>
    private void FollowEdges()
    {
        byte* edges = Edges;
        int* neighbours = stackalloc int[] { -_stride - 1, -_stride, -_stride + 1, -1, 1, _stride - 1, _stride, _stride + 1 };
        while (_openCount > 0)
        {
            int place = _open.Pointer[--_openCount];
            for (int i = 0; i < 8; i++)
            {
                int next = place + neighbours[i];
                if (edges[next] != Weak)
                    continue;
                edges[next] = Strong;
                _open.Pointer[_openCount++] = next;
            }
        }
    }
}
