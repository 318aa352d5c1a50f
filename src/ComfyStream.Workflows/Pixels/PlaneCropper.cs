using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>Cuts planes out of planes, those of chroma also between its places.</summary>
internal static unsafe class PlaneCropper
{
    /// <summary>Cuts a picture of the target's size out of the source. Both in one format; alpha goes along.</summary>
    public static void Crop(PictureView source, PictureView target, int left, int top)
    {
        for (int i = 0; i < target.PlaneCount; i++)
        {
            int scale = target.IsChroma(i) ? 2 : 1;
            PixelPlane part = source[i].Part(left / scale, top / scale, target[i].Width, target[i].Height);
            if (scale == 1 || (left % 2 == 0 && top % 2 == 0))
                target[i].CopyFrom(part);
            else
                Average(part, target[i], left % 2, (top & 1) * part.Stride);
        }
    }

    /// <summary>
    /// At odd positions a square of four pixels covers two or four chroma places, whose mean it gets. There is one more place on that
    /// side because the sizes are even.
    /// </summary>
    private static void Average(PixelPlane source, PixelPlane target, int right, int below)
    {
        for (int y = 0; y < target.Height; y++)
        {
            byte* from = source.Row(y);
            byte* to = target.Row(y);
            for (int x = 0; x < target.Width; x += 16)
            {
                Vector256<ushort> sum = Widen(from + x) + Widen(from + x + right) + Widen(from + x + below) + Widen(from + x + right + below);
                Vector256<ushort> mean = (sum + Vector256.Create((ushort)2)) >>> 2;
                Vector128.Narrow(mean.GetLower(), mean.GetUpper()).Store(to + x);
            }
        }
    }

    private static Vector256<ushort> Widen(byte* pixels) => Vector256.WidenLower(Vector128.Load(pixels).ToVector256Unsafe());
}
