using ComfyStream.Media;
using ComfyStream.Workflows.Pixels;

namespace ComfyStream.Workflows.Detection;

/// <summary>
/// How far a picture differs from one before: of all blocks of some 64 x 64 pixels the one that differs most, by the mean difference of
/// its cells, in which the noise of a sensor is averaged out. One thread at a time.
/// </summary>
internal sealed unsafe class MotionMeter : IDisposable
{
    /// <summary>Side of a cell, whose mean is looked at.</summary>
    private const int CellPixels = 8;

    private const int BlockCells = 8;
    private const int Lead = 16;

    private NativeBuffer<float> _current = new();
    private NativeBuffer<float> _reference = new();
    private (int Width, int Height) _size;
    private bool _hasReference;

    /// <summary>Levels of 255 between the picture and the last one that was kept; infinite when there is none of its size.</summary>
    public float Measure(VideoFrame picture)
    {
        if (_size != (picture.Width, picture.Height))
            Resize(picture.Width, picture.Height);
        PlaneReducer.Reduce(picture.Y, picture.StrideY, picture.Width, picture.Height, CellPixels, Cells(_current), Stride);
        if (!_hasReference)
            return float.PositiveInfinity;

        float most = 0;
        for (int top = 0; top < Rows; top += BlockCells)
        {
            for (int left = 0; left < Columns; left += BlockCells)
                most = Math.Max(most, MeanDifference(left, top, Math.Min(left + BlockCells, Columns), Math.Min(top + BlockCells, Rows)));
        }

        return most;
    }

    /// <summary>Makes the picture that was measured last the one that others are held against.</summary>
    public void Keep()
    {
        (_current, _reference) = (_reference, _current);
        _hasReference = true;
    }

    public void Dispose()
    {
        _current.Dispose();
        _reference.Dispose();
    }

    private int Columns => _size.Width / CellPixels;

    private int Rows => _size.Height / CellPixels;

    /// <summary>The reducer writes whole vectors, and a cell more on every side.</summary>
    private int Stride => (Columns + Lead) / Lead * Lead + 2 * Lead;

    private float* Cells(NativeBuffer<float> buffer) => buffer.Pointer + Stride + Lead;

    private void Resize(int width, int height)
    {
        (_size, _hasReference) = ((width, height), false);
        _current.EnsureLength((Rows + 4) * Stride);
        _reference.EnsureLength((Rows + 4) * Stride);
    }

    private float MeanDifference(int left, int top, int right, int bottom)
    {
        float sum = 0;
        for (int y = top; y < bottom; y++)
        {
            float* current = Cells(_current) + y * Stride;
            float* reference = Cells(_reference) + y * Stride;
            for (int x = left; x < right; x++)
                sum += Math.Abs(current[x] - reference[x]);
        }

        return sum / ((right - left) * (bottom - top));
    }
}
