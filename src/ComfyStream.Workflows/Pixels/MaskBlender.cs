using System.Runtime.Intrinsics;
using ComfyStream.Media;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Lays a picture over another where a mask says so: <c>target += mask * (source - target)</c> on the planes. Chroma takes the mean
/// of the four weights above it. One thread at a time.
/// </summary>
internal sealed unsafe class MaskBlender : IDisposable
{
    private readonly MaskEnlarger _enlarger = new();
    private readonly NativeBuffer<ushort> _weights = new();

    /// <param name="target">The picture below, changed in place.</param>
    /// <param name="source">The picture above.</param>
    /// <param name="mask">Its weights; null for 1 everywhere.</param>
    /// <param name="left">Where its left edge comes to lie, an even number of pixels.</param>
    /// <param name="top">The same for its top edge.</param>
    public void Blend(VideoFrame target, VideoFrame source, MaskPlane? mask, int left, int top)
    {
        int width = Math.Min(source.Width, target.Width - left);
        int height = Math.Min(source.Height, target.Height - top);
        if (width <= 0 || height <= 0)
            return;

        int stride = Begin(source.Width, source.Height, mask);
        ushort* upper = _weights.Pointer;
        ushort* lower = upper + stride;

        for (int y = 0; y < height; y += 2)
        {
            if (mask is not null)
            {
                _enlarger.Write(y, upper);
                _enlarger.Write(y + 1, lower);
            }

            byte* luma = target.Y + (nint)(top + y) * target.StrideY + left;
            byte* from = source.Y + (nint)y * source.StrideY;
            BlendRow(luma, from, upper, width);
            BlendRow(luma + target.StrideY, from + source.StrideY, lower, width);

            // The upper weights have been used: their place takes those of chroma.
            Average(upper, lower, upper, width / 2);
            nint chroma = (nint)((top + y) / 2) * target.StrideUv + left / 2;
            nint fromChroma = (nint)(y / 2) * source.StrideUv;
            BlendRow(target.U + chroma, source.U + fromChroma, upper, width / 2);
            BlendRow(target.V + chroma, source.V + fromChroma, upper, width / 2);
        }
    }

    /// <summary>
    /// The same in RGB, at any place. An alpha of the target is blended as colours are; a source without one covers.
    /// </summary>
    public void Blend(RgbPicture target, RgbPicture source, MaskPlane? mask, int left, int top)
    {
        int width = Math.Min(source.Width, target.Width - left);
        int height = Math.Min(source.Height, target.Height - top);
        if (width <= 0 || height <= 0)
            return;

        int stride = Begin(source.Width, source.Height, mask);
        ushort* weights = _weights.Pointer;
        byte* opaque = (byte*)(weights + stride);
        new Span<byte>(opaque, stride).Fill(255);
        for (int y = 0; y < height; y++)
        {
            if (mask is not null)
                _enlarger.Write(y, weights);
            nint to = (nint)(top + y) * target.Stride + left;
            nint from = (nint)y * source.Stride;
            for (int i = 0; i < (target.HasAlpha ? 4 : 3); i++)
                BlendRow(target.Plane(i) + to, i == 3 && !source.HasAlpha ? opaque : source.Plane(i) + from, weights, width);
        }
    }

    public void Dispose()
    {
        _enlarger.Dispose();
        _weights.Dispose();
    }

    /// <summary>Makes room for two rows of weights, so far apart.</summary>
    private int Begin(int width, int height, MaskPlane? mask)
    {
        int stride = (width + 63) / 64 * 64;
        _weights.EnsureLength(2 * stride);
        if (mask is null)
            new Span<ushort>(_weights.Pointer, 2 * stride).Fill(MaskEnlarger.One);
        else
            _enlarger.Begin(mask, width, height);
        return stride;
    }

    private static void BlendRow(byte* target, byte* source, ushort* weights, int length)
    {
        int x = 0;
        for (; x <= length - 32; x += 32)
        {
            (Vector256<ushort> belowLeft, Vector256<ushort> belowRight) = Vector256.Widen(Vector256.Load(target + x));
            (Vector256<ushort> aboveLeft, Vector256<ushort> aboveRight) = Vector256.Widen(Vector256.Load(source + x));
            Vector256<ushort> left = Mix(belowLeft, aboveLeft, Vector256.Load(weights + x));
            Vector256<ushort> right = Mix(belowRight, aboveRight, Vector256.Load(weights + x + 16));
            Vector256.Narrow(left, right).Store(target + x);
        }

        for (; x < length; x++)
            target[x] = (byte)((target[x] * (MaskEnlarger.One - weights[x]) + source[x] * weights[x] + 128) >> 8);
    }

    private static Vector256<ushort> Mix(Vector256<ushort> below, Vector256<ushort> above, Vector256<ushort> weight) =>
        (below * (Vector256.Create(MaskEnlarger.One) - weight) + above * weight + Vector256.Create((ushort)128)) >>> 8;

    /// <summary>Means of squares of four; the target may be one of the rows.</summary>
    private static void Average(ushort* upper, ushort* lower, ushort* target, int length)
    {
        for (int x = 0; x < length; x += 16)
            Vector256.Narrow(SquareMeans(upper, lower, 2 * x), SquareMeans(upper, lower, 2 * x + 16)).Store(target + x);
    }

    private static Vector256<uint> SquareMeans(ushort* upper, ushort* lower, int x)
    {
        Vector256<uint> columns = (Vector256.Load(upper + x) + Vector256.Load(lower + x)).AsUInt32();
        return ((columns & Vector256.Create(0xFFFFu)) + (columns >>> 16) + Vector256.Create(2u)) >>> 2;
    }
}
