using System.Numerics;
using ComfyStream.Media;

namespace ComfyStream.Workflows.Pixels;

/// <summary>A square in a picture, in its pixels; it may reach over the edges.</summary>
internal readonly record struct SquareRegion(float Left, float Top, float Side)
{
    public float CentreX => Left + Side / 2;

    public float CentreY => Top + Side / 2;

    /// <summary>The whole picture, with bars at its shorter sides.</summary>
    public static SquareRegion Around(int width, int height)
    {
        int side = Math.Max(width, height);
        return new((width - side) / 2f, (height - side) / 2f, side);
    }
}

/// <summary>
/// Cuts squares out of pictures and gives them one size, black where they reach over the edges: means of small squares first, so that
/// fine detail does not alias, then linear interpolation. One thread at a time.
/// </summary>
/// <param name="side">Of the result; even.</param>
internal sealed unsafe class SquareCrop(int side) : IDisposable
{
    /// <summary>The reducer writes one column before a row, which must not touch the row's alignment.</summary>
    private const int Lead = 16;

    private const int Alignment = 64;
    private const int MaxFactor = 8;
    /// <summary>In place of a column's index; -1 is the reducer's column before the first.</summary>
    private const int Outside = -2;

    private const byte BlackLuma = 16;
    private const byte NoColor = 128;

    private readonly NativeBuffer<float> _reduced = new();
    private readonly NativeBuffer<int> _index = new(side);
    private readonly NativeBuffer<float> _fraction = new(side);

    /// <param name="source">The picture.</param>
    /// <param name="region">What is cut out.</param>
    /// <param name="target">A picture of the result's size.</param>
    public void Write(VideoFrame source, in SquareRegion region, VideoFrame target)
    {
        SquareRegion half = new(region.Left / 2, region.Top / 2, region.Side / 2);
        (int width, int height) = (source.Width, source.Height);
        Write(source.Y, source.StrideY, width, height, region, target.Y, target.StrideY, side, BlackLuma);
        Write(source.U, source.StrideUv, width / 2, height / 2, half, target.U, target.StrideUv, side / 2, NoColor);
        Write(source.V, source.StrideUv, width / 2, height / 2, half, target.V, target.StrideUv, side / 2, NoColor);
    }

    public void Dispose()
    {
        _reduced.Dispose();
        _index.Dispose();
        _fraction.Dispose();
    }

    private void Write(byte* plane, int stride, int width, int height, in SquareRegion region, byte* target, int targetStride, int length, byte outside)
    {
        float step = region.Side / length;
        int factor = FactorFor(step);

        // Two squares more than are needed: beyond what is reduced its last pixels are repeated.
        int left = Math.Clamp((int)region.Left - 2 * factor, 0, width - 1) / Alignment * Alignment;
        int right = Math.Clamp((int)(region.Left + region.Side) + 2 * factor, left + 1, width);
        int top = Math.Clamp((int)region.Top - 2 * factor, 0, height - 1);
        int bottom = Math.Clamp((int)(region.Top + region.Side) + 2 * factor, top + 1, height);
        int reducedStride = Round((right - left) / factor + 1) + 2 * Lead;
        _reduced.EnsureLength(((bottom - top) / factor + 4) * reducedStride);
        float* reduced = _reduced.Pointer + reducedStride + Lead;
        PlaneReducer.Reduce(plane + (nint)top * stride + left, stride, right - left, bottom - top, factor, reduced, reducedStride);

        PlaceColumns(region.Left, step, left, factor, width, length);
        for (int y = 0; y < length; y++, target += targetStride)
        {
            float at = region.Top + (y + 0.5f) * step;
            if (at < 0 || at >= height)
            {
                new Span<byte>(target, length).Fill(outside);
                continue;
            }

            float position = (at - top) / factor - 0.5f;
            int row = (int)MathF.Floor(position);
            Interpolate(reduced + (nint)row * reducedStride, reducedStride, position - row, target, length, outside);
        }
    }

    private static int Round(int length) => (length + Lead - 1) / Lead * Lead;

    /// <summary>The power of two that is nearest to the reduction, by ratio.</summary>
    private static int FactorFor(float step) => Math.Clamp((int)BitOperations.RoundUpToPowerOf2((uint)MathF.Ceiling(step / 1.4142f)), 1, MaxFactor);

    private void PlaceColumns(float regionLeft, float step, int left, int factor, int width, int length)
    {
        for (int x = 0; x < length; x++)
        {
            float at = regionLeft + (x + 0.5f) * step;
            float position = (at - left) / factor - 0.5f;
            int index = (int)MathF.Floor(position);
            _index.Pointer[x] = at < 0 || at >= width ? Outside : index;
            _fraction.Pointer[x] = position - index;
        }
    }

    private void Interpolate(float* upper, int stride, float lowerPart, byte* target, int length, byte outside)
    {
        float* lower = upper + stride;
        for (int x = 0; x < length; x++)
        {
            int i = _index.Pointer[x];
            float part = _fraction.Pointer[x];
            if (i == Outside)
            {
                target[x] = outside;
                continue;
            }

            float above = upper[i] + (upper[i + 1] - upper[i]) * part;
            float below = lower[i] + (lower[i + 1] - lower[i]) * part;
            target[x] = (byte)(above + (below - above) * lowerPart + 0.5f);
        }
    }
}
