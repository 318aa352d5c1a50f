using System.Runtime.Intrinsics;
using ComfyStream.Media;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Inverts RGB without leaving YCbCr. Every matrix is linear and its luma weights add up to 1, so 1 - RGB is exactly
/// <c>Y' = 16 + 235 - Y</c>, <c>Cb' = 256 - Cb</c>, <c>Cr' = 256 - Cr</c>, whatever the matrix.
/// </summary>
internal static unsafe class PlaneInverter
{
    private const byte LumaSum = 16 + 235;

    /// <summary>Both of one size; they may be the same.</summary>
    public static void Invert(VideoFrame source, VideoFrame target)
    {
        for (int row = 0; row < source.Height; row++)
            InvertLuma(source.Y + row * source.StrideY, target.Y + row * target.StrideY, source.Width);
        for (int row = 0; row < source.Height / 2; row++)
        {
            InvertChroma(source.U + row * source.StrideUv, target.U + row * target.StrideUv, source.Width / 2);
            InvertChroma(source.V + row * source.StrideUv, target.V + row * target.StrideUv, source.Width / 2);
        }
    }

    /// <summary>The same in RGB, with alpha where both have it.</summary>
    public static void Invert(RgbPicture source, RgbPicture target)
    {
        for (int i = 0; i < (target.HasAlpha ? 4 : 3); i++)
        {
            for (int row = 0; row < source.Height; row++)
                InvertFull(source.Plane(i) + (nint)row * source.Stride, target.Plane(i) + (nint)row * target.Stride, source.Width);
        }
    }

    private static void InvertFull(byte* source, byte* target, int length)
    {
        for (int x = 0; x < length; x += Vector256<byte>.Count)
            (~Vector256.Load(source + x)).Store(target + x);
    }

    // Rows are whole vectors long (frames have strides of 64 bytes).
    private static void InvertLuma(byte* source, byte* target, int length)
    {
        Vector256<byte> sum = Vector256.Create(LumaSum);
        for (int x = 0; x < length; x += Vector256<byte>.Count)
            (sum - Vector256.Min(Vector256.Load(source + x), sum)).Store(target + x);
    }

    private static void InvertChroma(byte* source, byte* target, int length)
    {
        // 256 - c as 255 - (c - 1); 0 is not a legal value and counts as 1.
        for (int x = 0; x < length; x += Vector256<byte>.Count)
            (~(Vector256.Max(Vector256.Load(source + x), Vector256<byte>.One) - Vector256<byte>.One)).Store(target + x);
    }
}
