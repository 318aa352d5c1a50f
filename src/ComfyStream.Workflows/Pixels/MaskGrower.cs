using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Grows masks: each weight becomes the greatest around it, in a square or a diamond; or shrinks them, as the least. What lies outside
/// does not count. A diamond of n + k is four of n, k apart in the four directions, if k is not more than n: so the effort grows with
/// the logarithm of its size. The steps pass through places outside, so the mask has a margin meanwhile. One thread at a time.
/// </summary>
internal sealed unsafe class MaskGrower(int expand, bool isTapered) : IDisposable
{
    /// <summary>Wider growth is made of several: the margin would take more time than they.</summary>
    private const int MaxStep = 64;

    private NativeBuffer<float> _from = new();
    private NativeBuffer<float> _to = new();
    private int _stride;
    private int _rows;

    /// <summary>Both of one size; they may be the same.</summary>
    public void Grow(MaskPlane source, MaskPlane target)
    {
        // No two places are farther apart.
        int reach = Math.Min(Math.Abs(expand), source.Width + source.Height);
        source.Weights.CopyTo(target.Weights);
        for (int done = 0; done < reach; done += MaxStep)
            GrowBy(Math.Min(MaxStep, reach - done), target);
    }

    public void Dispose()
    {
        _from.Dispose();
        _to.Dispose();
    }

    private void GrowBy(int reach, MaskPlane mask)
    {
        // The least is the greatest of the negative.
        float sign = expand < 0 ? -1 : 1;
        Load(mask, reach, sign);
        if (isTapered)
            GrowDiamond(reach);
        else
            GrowSquare(reach);
        for (int y = 0; y < mask.Height; y++)
            TensorPrimitives.Multiply(new ReadOnlySpan<float>(_from.Pointer + (nint)(y + reach) * _stride + reach, mask.Width), sign, new Span<float>(mask.Row(y), mask.Width));
    }

    private void Load(MaskPlane mask, int margin, float sign)
    {
        _stride = (mask.Width + 2 * margin + 7) / 8 * 8;
        _rows = mask.Height + 2 * margin;
        _from.EnsureLength(_stride * _rows);
        _to.EnsureLength(_stride * _rows);
        new Span<float>(_from.Pointer, _stride * _rows).Fill(float.NegativeInfinity);
        for (int y = 0; y < mask.Height; y++)
            TensorPrimitives.Multiply(new ReadOnlySpan<float>(mask.Row(y), mask.Width), sign, new Span<float>(_from.Pointer + (nint)(y + margin) * _stride + margin, mask.Width));
    }

    private void GrowDiamond(int reach)
    {
        Spread(1, 1, withOwn: true);
        for (int size = 1; size < reach;)
        {
            int step = Math.Min(size, reach - size);
            Spread(step, step, withOwn: false);
            size += step;
        }
    }

    /// <summary>First along rows, then along columns; windows reach as far as they are wide.</summary>
    private void GrowSquare(int reach)
    {
        for (int size = 0; size < reach;)
        {
            int step = Math.Min(2 * size + 1, reach - size);
            Spread(step, 0, withOwn: true);
            size += step;
        }

        for (int size = 0; size < reach;)
        {
            int step = Math.Min(2 * size + 1, reach - size);
            Spread(0, step, withOwn: true);
            size += step;
        }
    }

    /// <summary>The greatest of the places so far to the left, right, above and below, and of the place itself.</summary>
    private void Spread(int columns, int rows, bool withOwn)
    {
        int length = _stride * _rows;
        (int aside, int away) = (columns, rows * _stride);
        float* from = _from.Pointer;
        float* to = _to.Pointer;

        // Sideways a row's end meets the next one's beginning: both are margin, each as wide as all steps together.
        int reach = Math.Max(aside, away);
        for (int i = 0; i < length; i++)
        {
            if (i == reach && length - reach - 8 > reach)
                i = SpreadInside(from, to, aside, away, reach, length - reach, withOwn);
            float greatest = withOwn ? from[i] : float.NegativeInfinity;
            if (aside > 0)
                greatest = Math.Max(greatest, Math.Max(i >= aside ? from[i - aside] : float.NegativeInfinity, i + aside < length ? from[i + aside] : float.NegativeInfinity));
            if (away > 0)
                greatest = Math.Max(greatest, Math.Max(i >= away ? from[i - away] : float.NegativeInfinity, i + away < length ? from[i + away] : float.NegativeInfinity));
            to[i] = greatest;
        }

        (_from, _to) = (_to, _from);
    }

    /// <summary>The same where all of these are there; says where it ended.</summary>
    private static int SpreadInside(float* from, float* to, int aside, int away, int start, int end, bool withOwn)
    {
        int i = start;
        for (; i <= end - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> greatest = withOwn ? Vector256.Load(from + i) : Vector256.Create(float.NegativeInfinity);
            if (aside > 0)
                greatest = Vector256.Max(greatest, Vector256.Max(Vector256.Load(from + i - aside), Vector256.Load(from + i + aside)));
            if (away > 0)
                greatest = Vector256.Max(greatest, Vector256.Max(Vector256.Load(from + i - away), Vector256.Load(from + i + away)));
            greatest.Store(to + i);
        }

        return i;
    }
}
