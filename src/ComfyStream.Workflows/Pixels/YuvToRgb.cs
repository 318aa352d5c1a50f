using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>Limited-range YCbCr to RGB 0 to 1, by the luma weights of ITU-R BT.601 or BT.709.</summary>
internal readonly unsafe struct YuvToRgb
{
    private const float LumaScale = 1f / 219;
    private readonly float _redV;
    private readonly float _greenU;
    private readonly float _greenV;
    private readonly float _blueU;

    public YuvToRgb(bool isBt709)
    {
        float red = isBt709 ? 0.2126f : 0.299f;
        float blue = isBt709 ? 0.0722f : 0.114f;
        float green = 1 - red - blue;
        _redV = 2 * (1 - red) / 224;
        _blueU = 2 * (1 - blue) / 224;
        _greenU = -_blueU * blue / green;
        _greenV = -_redV * red / green;
    }

    /// <summary>Rows of values 0 to 255 to rows of 0 to 1, clamped. Whole vectors: writes up to 7 floats past the end.</summary>
    public void Convert(float* y, float* u, float* v, float* red, float* green, float* blue, int length)
    {
        for (int i = 0; i < length; i += Vector256<float>.Count)
        {
            Vector256<float> luma = (Vector256.Load(y + i) - Vector256.Create(16f)) * LumaScale;
            Vector256<float> cb = Vector256.Load(u + i) - Vector256.Create(128f);
            Vector256<float> cr = Vector256.Load(v + i) - Vector256.Create(128f);
            Clamp(luma + cr * _redV).Store(red + i);
            Clamp(luma + cb * _greenU + cr * _greenV).Store(green + i);
            Clamp(luma + cb * _blueU).Store(blue + i);
        }
    }

    private static Vector256<float> Clamp(Vector256<float> value) => Vector256.Clamp(value, Vector256<float>.Zero, Vector256<float>.One);
}
