using System.Runtime.Intrinsics;
using ComfyStream.Media;

namespace ComfyStream.Workflows.Pixels;

/// <summary>Two frames in fixed shares.</summary>
internal static unsafe class FrameFader
{
    private const int One = 256;

    /// <summary>Writes the first and <paramref name="share"/> (0 to 1) of the way from it to the second. All of one size; the target may be one of the two.</summary>
    public static void Fade(VideoFrame first, VideoFrame second, VideoFrame target, float share)
    {
        ushort weight = (ushort)(Math.Clamp(share, 0, 1) * One + 0.5f);
        // Frames of one size have one layout, and their strides are whole vectors.
        Fade(first.Y, second.Y, target.Y, target.StrideY * target.Height, weight);
        Fade(first.U, second.U, target.U, target.StrideUv * (target.Height / 2), weight);
        Fade(first.V, second.V, target.V, target.StrideUv * (target.Height / 2), weight);
    }

    private static void Fade(byte* first, byte* second, byte* target, int length, ushort weight)
    {
        Vector256<ushort> of = Vector256.Create(weight);
        Vector256<ushort> rest = Vector256.Create((ushort)(One - weight));
        Vector256<ushort> half = Vector256.Create((ushort)(One / 2));
        for (int i = 0; i < length; i += Vector256<byte>.Count)
        {
            (Vector256<ushort> firstLeft, Vector256<ushort> firstRight) = Vector256.Widen(Vector256.Load(first + i));
            (Vector256<ushort> secondLeft, Vector256<ushort> secondRight) = Vector256.Widen(Vector256.Load(second + i));
            Vector256<ushort> left = (firstLeft * rest + secondLeft * of + half) >>> 8;
            Vector256<ushort> right = (firstRight * rest + secondRight * of + half) >>> 8;
            Vector256.Narrow(left, right).Store(target + i);
        }
    }
}
