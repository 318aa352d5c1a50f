using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>RGB between two values to limited-range YCbCr, by the luma weights of ITU-R BT.601 or BT.709.</summary>
internal readonly unsafe struct RgbToYuv
{
    private readonly float _low;
    private readonly float _scale;
    private readonly float _red;
    private readonly float _green;
    private readonly float _blue;

    public RgbToYuv(bool isBt709, float low, float high)
    {
        (_low, _scale) = (low, 1 / (high - low));
        _red = isBt709 ? 0.2126f : 0.299f;
        _blue = isBt709 ? 0.0722f : 0.114f;
        _green = 1 - _red - _blue;
    }

    /// <summary>
    /// A row of luma, 16 to 235, and of chroma, -112 to 112: written where <paramref name="isFirst"/>, else added to what is there. Whole
    /// vectors: reads and writes up to 7 places past the end. What is not a number counts as the lower value.
    /// </summary>
    public void Convert(float* red, float* green, float* blue, byte* luma, float* blueness, float* redness, int length, bool isFirst)
    {
        Vector256<float> toU = Vector256.Create(112 / (1 - _blue));
        Vector256<float> toV = Vector256.Create(112 / (1 - _red));
        for (int x = 0; x < length; x += Vector256<float>.Count)
        {
            Vector256<float> r = Unit(red + x), g = Unit(green + x), b = Unit(blue + x);
            Vector256<float> y = r * _red + g * _green + b * _blue;
            Vector256<int> level = Vector256.ConvertToInt32(y * 219 + Vector256.Create(16.5f));
            Vector128<ushort> narrow = Vector128.Narrow(level.GetLower().AsUInt32(), level.GetUpper().AsUInt32());
            *(ulong*)(luma + x) = Vector128.Narrow(narrow, narrow).AsUInt64().ToScalar();
            Vector256<float> u = (b - y) * toU, v = (r - y) * toV;
            if (!isFirst)
            {
                u += Vector256.Load(blueness + x);
                v += Vector256.Load(redness + x);
            }

            u.Store(blueness + x);
            v.Store(redness + x);
        }
    }

    private Vector256<float> Unit(float* values)
    {
        Vector256<float> value = (Vector256.Load(values) - Vector256.Create(_low)) * _scale;
        return Vector256.ConditionalSelect(Vector256.GreaterThan(value, Vector256<float>.Zero), Vector256.Min(value, Vector256<float>.One), Vector256<float>.Zero);
    }
}
