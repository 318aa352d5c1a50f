using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>Pixels between bytes and vectors of floats, sixteen at a time.</summary>
internal static unsafe class PixelVector
{
    public static (Vector256<float> Left, Vector256<float> Right) Load(byte* pixels)
    {
        Vector256<ushort> words = Vector256.WidenLower(Vector128.Load(pixels).ToVector256Unsafe());
        return (Vector256.ConvertToSingle(Vector256.WidenLower(words).AsInt32()), Vector256.ConvertToSingle(Vector256.WidenUpper(words).AsInt32()));
    }

    /// <summary>Rounded, and clamped to 0 and 255.</summary>
    public static void Store(Vector256<float> left, Vector256<float> right, byte* pixels)
    {
        Vector256<ushort> words = Vector256.Narrow(Round(left), Round(right)).AsUInt16();
        Vector128.Narrow(words.GetLower(), words.GetUpper()).Store(pixels);
    }

    private static Vector256<int> Round(Vector256<float> value) =>
        Vector256.ConvertToInt32(Vector256.Clamp(value, Vector256<float>.Zero, Vector256.Create(255f)) + Vector256.Create(0.5f));
}
