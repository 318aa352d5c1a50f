using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>Between masks and planes of pixels of the same size.</summary>
internal static unsafe class MaskConverter
{
    /// <summary>0 becomes one value, 1 another; what is between lies between.</summary>
    public static void ToPlane(MaskPlane mask, PixelPlane target, byte first, byte last)
    {
        Vector256<float> from = Vector256.Create((float)first);
        Vector256<float> range = Vector256.Create((float)(last - first));
        for (int y = 0; y < target.Height; y++)
        {
            float* weights = mask.Row(y);
            byte* to = target.Row(y);
            for (int x = 0; x < target.Width; x += 16)
                PixelVector.Store(from + Vector256.Load(weights + x) * range, from + Vector256.Load(weights + x + 8) * range, to + x);
        }
    }

    /// <summary>255 becomes 1, or 0 when inverted.</summary>
    public static void FromPlane(PixelPlane source, MaskPlane mask, bool isInverted = false)
    {
        Vector256<float> first = Vector256.Create(isInverted ? 1f : 0f);
        Vector256<float> step = Vector256.Create(isInverted ? -1f / 255 : 1f / 255);
        for (int y = 0; y < source.Height; y++)
        {
            byte* from = source.Row(y);
            float* weights = mask.Row(y);

            // What is written behind a row's end is overwritten by the next row, or lies in the room behind the mask.
            for (int x = 0; x < source.Width; x += 16)
            {
                (Vector256<float> left, Vector256<float> right) = PixelVector.Load(from + x);
                (first + left * step).Store(weights + x);
                (first + right * step).Store(weights + x + 8);
            }
        }
    }
}
