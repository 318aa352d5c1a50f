using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Makes a part of a plane unrecognisable: the part is averaged over cells, and only the averages are put back, drawn smooth or as
/// the cells they are. What was finer than a cell is gone, not hidden. One thread at a time.
/// </summary>
/// <param name="showCells">Whether the cells show (pixelated), instead of a smooth blur.</param>
internal sealed unsafe class RegionBlur(bool showCells) : IDisposable
{
    /// <summary>A vector and a half of places more than pixels, because rows are processed in whole vectors.</summary>
    private const int Slack = 32;

    private readonly NativeBuffer<uint> _columnSums = new();
    private readonly NativeBuffer<float> _cells = new();
    private readonly NativeBuffer<float> _smoothed = new();
    private readonly NativeBuffer<float> _rows = new();
    private readonly NativeBuffer<byte> _result = new();
    private int _left;
    private int _top;
    private int _width;
    private int _height;
    private int _columnCount;
    private int _rowCount;

    /// <param name="plane">Changed in place; 64 bytes after it are readable.</param>
    /// <param name="stride">Bytes from row to row.</param>
    /// <param name="width">Width of the plane.</param>
    /// <param name="height">Height of the plane.</param>
    /// <param name="shape">What to change; it may lie partly or wholly outside.</param>
    /// <param name="cellSize">Side of a cell in pixels.</param>
    public void Apply(byte* plane, int stride, int width, int height, SoftShape shape, float cellSize)
    {
        if (!TryPlace(width, height, shape, cellSize))
            return;

        byte* region = plane + (nint)_top * stride + _left;
        Average(region, stride);
        if (!showCells)
            Smooth();
        Write(region, stride, shape);
    }

    public void Dispose()
    {
        _columnSums.Dispose();
        _cells.Dispose();
        _smoothed.Dispose();
        _rows.Dispose();
        _result.Dispose();
    }

    /// <summary>False when nothing of the shape is on the plane.</summary>
    private bool TryPlace(int width, int height, SoftShape shape, float cellSize)
    {
        // Saturating conversions: the shape may be anywhere.
        _left = Math.Clamp((int)MathF.Floor(shape.CentreX - shape.RadiusX), 0, width);
        _top = Math.Clamp((int)MathF.Floor(shape.CentreY - shape.RadiusY), 0, height);
        _width = Math.Clamp((int)MathF.Ceiling(shape.CentreX + shape.RadiusX), 0, width) - _left;
        _height = Math.Clamp((int)MathF.Ceiling(shape.CentreY + shape.RadiusY), 0, height) - _top;
        if (_width <= 0 || _height <= 0)
            return false;

        _columnCount = Math.Clamp((int)MathF.Round(_width / cellSize), 1, _width);
        _rowCount = Math.Clamp((int)MathF.Round(_height / cellSize), 1, _height);
        _columnSums.EnsureLength(_width + Slack);
        _cells.EnsureLength(_columnCount * _rowCount);
        _smoothed.EnsureLength(_columnCount * _rowCount);
        _rows.EnsureLength(2 * (_width + Slack));
        _result.EnsureLength(_width + Slack);
        return true;
    }

    /// <summary>Cell i of a line begins here; the last one ends at the line's end.</summary>
    private static int Boundary(int cell, int length, int count) => (int)((long)cell * length / count);

    private void Average(byte* region, int stride)
    {
        for (int row = 0; row < _rowCount; row++)
        {
            int top = Boundary(row, _height, _rowCount);
            int bottom = Boundary(row + 1, _height, _rowCount);
            SumColumns(region + (nint)top * stride, stride, bottom - top);
            float* cells = _cells.Pointer + row * _columnCount;
            for (int column = 0; column < _columnCount; column++)
            {
                int left = Boundary(column, _width, _columnCount);
                int right = Boundary(column + 1, _width, _columnCount);
                uint sum = 0;
                for (int x = left; x < right; x++)
                    sum += _columnSums.Pointer[x];
                cells[column] = (float)sum / ((right - left) * (bottom - top));
            }
        }
    }

    private void SumColumns(byte* from, int stride, int rowCount)
    {
        uint* sums = _columnSums.Pointer;
        for (int x = 0; x < _width; x += 16)
        {
            Vector256<uint> left = default, right = default;
            byte* pixels = from + x;
            for (int i = 0; i < rowCount; i++, pixels += stride)
            {
                Vector256<ushort> words = Vector256.WidenLower(Vector128.Load(pixels).ToVector256Unsafe());
                left += Vector256.WidenLower(words);
                right += Vector256.WidenUpper(words);
            }

            left.Store(sums + x);
            right.Store(sums + x + 8);
        }
    }

    /// <summary>Each cell becomes a mean of itself and its neighbours by 1, 2, 1 both ways, or straight lines between cells show.</summary>
    private void Smooth()
    {
        float* cells = _cells.Pointer;
        for (int row = 0; row < _rowCount; row++)
        {
            float* above = cells + Math.Max(row - 1, 0) * _columnCount;
            float* here = cells + row * _columnCount;
            float* below = cells + Math.Min(row + 1, _rowCount - 1) * _columnCount;
            float* target = _smoothed.Pointer + row * _columnCount;
            for (int column = 0; column < _columnCount; column++)
            {
                int left = Math.Max(column - 1, 0);
                int right = Math.Min(column + 1, _columnCount - 1);
                target[column] = (Sum(left) + 2 * Sum(column) + Sum(right)) / 16;
            }

            float Sum(int column) => above[column] + 2 * here[column] + below[column];
        }
    }

    private void Write(byte* region, int stride, SoftShape shape)
    {
        float* upper = _rows.Pointer;
        float* lower = upper + _width + Slack;
        int drawn = -1;
        for (int y = 0; y < _height; y++)
        {
            (int row, float ofLower) = showCells ? (CellOf(y, _height, _rowCount), 0) : BetweenCells(y, _height, _rowCount);
            if (row != drawn)
            {
                DrawRow(row, upper);
                DrawRow(Math.Min(row + 1, _rowCount - 1), lower);
                drawn = row;
            }

            Blend(region + (nint)y * stride, upper, lower, ofLower, shape.Row(_top + y));
        }
    }

    /// <summary>The cell that holds a pixel: the inverse of <see cref="Boundary"/>.</summary>
    private static int CellOf(int pixel, int length, int count) => (int)(((long)(pixel + 1) * count - 1) / length);

    /// <summary>The cell whose middle lies before a pixel's, and how far the pixel is on the way to the middle of the next.</summary>
    private static (int Cell, float OfNext) BetweenCells(int pixel, int length, int count)
    {
        float position = Math.Clamp((pixel + 0.5f) * count / length - 0.5f, 0, count - 1);
        int cell = (int)position;
        return (cell, position - cell);
    }

    /// <summary>A row of cells at the width of the region.</summary>
    private void DrawRow(int row, float* target)
    {
        if (showCells)
        {
            float* cells = _cells.Pointer + row * _columnCount;
            for (int x = 0; x < _width; x++)
                target[x] = cells[CellOf(x, _width, _columnCount)];
            return;
        }

        float* smoothed = _smoothed.Pointer + row * _columnCount;
        for (int x = 0; x < _width; x++)
        {
            (int column, float ofNext) = BetweenCells(x, _width, _columnCount);
            float next = smoothed[Math.Min(column + 1, _columnCount - 1)];
            target[x] = smoothed[column] + ofNext * (next - smoothed[column]);
        }
    }

    private void Blend(byte* pixels, float* upper, float* lower, float ofLower, SoftShapeRow shape)
    {
        // Via a row of its own: past the region's end may lie pixels of the next row.
        byte* result = _result.Pointer;
        for (int x = 0; x < _width; x += 16)
        {
            Vector256<ushort> words = Vector256.WidenLower(Vector128.Load(pixels + x).ToVector256Unsafe());
            Vector256<int> left = Mix(Vector256.WidenLower(words), x);
            Vector256<int> right = Mix(Vector256.WidenUpper(words), x + 8);
            Vector256<ushort> mixed = Vector256.Narrow(left, right).AsUInt16();
            Vector128.Narrow(mixed.GetLower(), mixed.GetUpper()).Store(result + x);
        }

        new ReadOnlySpan<byte>(result, _width).CopyTo(new Span<byte>(pixels, _width));

        Vector256<int> Mix(Vector256<uint> old, int x)
        {
            Vector256<float> before = Vector256.ConvertToSingle(old.AsInt32());
            Vector256<float> from = Vector256.Load(upper + x);
            Vector256<float> cell = from + (Vector256.Load(lower + x) - from) * ofLower;
            Vector256<float> after = before + (cell - before) * shape.WeightsAt(_left + x);
            return Vector256.ConvertToInt32(after + Vector256.Create(0.5f));
        }
    }
}
