using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>Two planes in fixed shares.</summary>
internal static unsafe class PlaneMixer
{
    /// <summary>Writes the first plane and <paramref name="share"/> of the way from it to the second. The target may be one of the two.</summary>
    public static void Mix(PixelPlane first, PixelPlane second, PixelPlane target, float share)
    {
        Vector256<float> weight = Vector256.Create(share);
        for (int y = 0; y < target.Height; y++)
        {
            byte* from = first.Row(y), to = second.Row(y), result = target.Row(y);
            for (int x = 0; x < target.Width; x += 16)
            {
                (Vector256<float> leftFrom, Vector256<float> rightFrom) = PixelVector.Load(from + x);
                (Vector256<float> leftTo, Vector256<float> rightTo) = PixelVector.Load(to + x);
                PixelVector.Store(leftFrom + (leftTo - leftFrom) * weight, rightFrom + (rightTo - rightFrom) * weight, result + x);
            }
        }
    }
}
