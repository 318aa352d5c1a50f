using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ComfyStream.Media;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Between I420 (limited range, BT.601 or BT.709 as the frame says) and RGB (full range). Chroma is repeated for the four pixels it
/// covers, and is their mean on the way back, so that a picture survives both ways.
/// </summary>
/// <remarks>
/// Two rows of 32 pixels a step, in 16 bits with 4 (to RGB) or 6 bits behind the point. Bytes are widened within each half of a
/// vector and packed the same way back, so that nothing has to cross its middle. The last step of a row runs into its padding.
/// </remarks>
internal static unsafe class PictureConverter
{
    private const int Step = 32;

    /// <summary>Both of one size.</summary>
    public static void ToRgb(VideoFrame source, RgbPicture target)
    {
        var weights = new ToRgbWeights(source.IsBt709);
        for (int row = 0; row < source.Height / 2; row++)
        {
            byte* u = source.U + (nint)row * source.StrideUv;
            byte* v = source.V + (nint)row * source.StrideUv;
            byte* y = source.Y + 2 * (nint)row * source.StrideY;
            nint to = 2 * (nint)row * target.Stride;
            if (Avx2.IsSupported)
            {
                for (int x = 0; x < source.Width; x += Step)
                    StepToRgb(weights, y + x, source.StrideY, u + x / 2, v + x / 2, target, to + x);
            }
            else
            {
                for (int x = 0; x < source.Width; x++)
                    PixelsToRgb(weights, y + x, source.StrideY, u[x / 2], v[x / 2], target, to + x);
            }
        }

        for (int row = 0; target.HasAlpha && row < target.Height; row++)
            new Span<byte>(target.A + (nint)row * target.Stride, target.Width).Fill(byte.MaxValue);
    }

    /// <summary>The target's size is the source's or less; what is over is left out, as is alpha.</summary>
    public static void ToI420(RgbPicture source, VideoFrame target)
    {
        var weights = new ToI420Weights(target.IsBt709);
        for (int row = 0; row < target.Height / 2; row++)
        {
            nint from = 2 * (nint)row * source.Stride;
            byte* y = target.Y + 2 * (nint)row * target.StrideY;
            byte* u = target.U + (nint)row * target.StrideUv;
            byte* v = target.V + (nint)row * target.StrideUv;
            if (Avx2.IsSupported)
            {
                for (int x = 0; x < target.Width; x += Step)
                    StepToI420(weights, source, from + x, y + x, target.StrideY, u + x / 2, v + x / 2);
            }
            else
            {
                for (int x = 0; x < target.Width; x += 2)
                    PixelsToI420(weights, source, from + x, y + x, target.StrideY, u + x / 2, v + x / 2);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StepToRgb(in ToRgbWeights weights, byte* y, int strideY, byte* u, byte* v, RgbPicture target, nint at)
    {
        Vector256<short> cb = Centre(u);
        Vector256<short> cr = Centre(v);
        Vector256<short> red = Scale(cr, weights.RedCr);
        Vector256<short> green = Scale(cb, weights.GreenCb) + Scale(cr, weights.GreenCr);
        Vector256<short> blue = Scale(cb, weights.BlueCb);
        for (int row = 0; row < 2; row++)
        {
            Vector256<byte> luma = Vector256.Load(y);
            Vector256<short> low = Scale((Avx2.UnpackLow(luma, default).AsInt16() - Vector256.Create((short)16)) << 6, weights.Luma) + Vector256.Create((short)8);
            Vector256<short> high = Scale((Avx2.UnpackHigh(luma, default).AsInt16() - Vector256.Create((short)16)) << 6, weights.Luma) + Vector256.Create((short)8);
            StoreSum(low, high, red, target.R + at);
            StoreSum(low, high, green, target.G + at);
            StoreSum(low, high, blue, target.B + at);
            y += strideY;
            at += target.Stride;
        }
    }

    /// <summary>16 samples of chroma around 0, times 64.</summary>
    private static Vector256<short> Centre(byte* chroma) =>
        (Avx2.ConvertToVector256Int16(chroma) - Vector256.Create((short)128)) << 6;

    private static void StoreSum(Vector256<short> low, Vector256<short> high, Vector256<short> chroma, byte* target) =>
        Avx2.PackUnsignedSaturate((low + Avx2.UnpackLow(chroma, chroma)) >> 4, (high + Avx2.UnpackHigh(chroma, chroma)) >> 4).Store(target);

    /// <summary>Product divided by 2^15, rounded.</summary>
    private static Vector256<short> Scale(Vector256<short> values, short weight) => Avx2.MultiplyHighRoundScale(values, Vector256.Create(weight));

    private static void PixelsToRgb(in ToRgbWeights weights, byte* y, int strideY, byte u, byte v, RgbPicture target, nint at)
    {
        (int cb, int cr) = ((u - 128) << 6, (v - 128) << 6);
        for (int row = 0; row < 2; row++)
        {
            int luma = Scale((*y - 16) << 6, weights.Luma) + 8;
            target.R[at] = Clamp((luma + Scale(cr, weights.RedCr)) >> 4);
            target.G[at] = Clamp((luma + Scale(cb, weights.GreenCb) + Scale(cr, weights.GreenCr)) >> 4);
            target.B[at] = Clamp((luma + Scale(cb, weights.BlueCb)) >> 4);
            y += strideY;
            at += target.Stride;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StepToI420(in ToI420Weights weights, RgbPicture source, nint at, byte* y, int strideY, byte* u, byte* v)
    {
        nint below = at + source.Stride;
        StoreLuma(weights, source, at, y);
        StoreLuma(weights, source, below, y + strideY);
        Vector256<short> red = SumSquares(source.R + at, source.R + below);
        Vector256<short> green = SumSquares(source.G + at, source.G + below);
        Vector256<short> blue = SumSquares(source.B + at, source.B + below);
        StoreChroma(Scale(red, weights.CbRed) + Scale(green, weights.CbGreen) + Scale(blue, weights.CbBlue), u);
        StoreChroma(Scale(red, weights.CrRed) + Scale(green, weights.CrGreen) + Scale(blue, weights.CrBlue), v);
    }

    private static void StoreLuma(in ToI420Weights weights, RgbPicture source, nint at, byte* target)
    {
        Vector256<byte> red = Vector256.Load(source.R + at);
        Vector256<byte> green = Vector256.Load(source.G + at);
        Vector256<byte> blue = Vector256.Load(source.B + at);
        Vector256<short> low = Luma(weights, Avx2.UnpackLow(red, default), Avx2.UnpackLow(green, default), Avx2.UnpackLow(blue, default));
        Vector256<short> high = Luma(weights, Avx2.UnpackHigh(red, default), Avx2.UnpackHigh(green, default), Avx2.UnpackHigh(blue, default));
        Avx2.PackUnsignedSaturate(low, high).Store(target);
    }

    private static Vector256<short> Luma(in ToI420Weights weights, Vector256<byte> red, Vector256<byte> green, Vector256<byte> blue) =>
        (Scale(red.AsInt16() << 7, weights.LumaRed) + Scale(green.AsInt16() << 7, weights.LumaGreen) + Scale(blue.AsInt16() << 7, weights.LumaBlue)
            + Vector256.Create((short)((16 << 6) + 32))) >> 6;

    /// <summary>Sums of squares of four, times 32: as large as one value times 128.</summary>
    private static Vector256<short> SumSquares(byte* upper, byte* lower) =>
        (Avx2.MultiplyAddAdjacent(Vector256.Load(upper), Vector256.Create((sbyte)1)) + Avx2.MultiplyAddAdjacent(Vector256.Load(lower), Vector256.Create((sbyte)1))) << 5;

    private static void StoreChroma(Vector256<short> values, byte* target)
    {
        values = (values + Vector256.Create((short)((128 << 6) + 32))) >> 6;
        Sse2.PackUnsignedSaturate(values.GetLower(), values.GetUpper()).Store(target);
    }

    private static void PixelsToI420(in ToI420Weights weights, RgbPicture source, nint at, byte* y, int strideY, byte* u, byte* v)
    {
        (int red, int green, int blue) = (0, 0, 0);
        for (int i = 0; i < 4; i++)
        {
            nint pixel = at + i / 2 * source.Stride + i % 2;
            (int r, int g, int b) = (source.R[pixel], source.G[pixel], source.B[pixel]);
            y[i / 2 * strideY + i % 2] = Clamp((Scale(r << 7, weights.LumaRed) + Scale(g << 7, weights.LumaGreen) + Scale(b << 7, weights.LumaBlue) + (16 << 6) + 32) >> 6);
            (red, green, blue) = (red + (r << 5), green + (g << 5), blue + (b << 5));
        }

        *u = Clamp((Scale(red, weights.CbRed) + Scale(green, weights.CbGreen) + Scale(blue, weights.CbBlue) + (128 << 6) + 32) >> 6);
        *v = Clamp((Scale(red, weights.CrRed) + Scale(green, weights.CrGreen) + Scale(blue, weights.CrBlue) + (128 << 6) + 32) >> 6);
    }

    private static int Scale(int value, short weight) => (value * weight + (1 << 14)) >> 15;

    private static byte Clamp(int value) => (byte)Math.Clamp(value, byte.MinValue, byte.MaxValue);

    private static (double Red, double Green, double Blue) LumaOf(bool isBt709) => isBt709 ? (0.2126, 0.7152, 0.0722) : (0.299, 0.587, 0.114);

    /// <summary>Times 2^13, for values times 64.</summary>
    private readonly struct ToRgbWeights
    {
        public readonly short Luma, RedCr, GreenCb, GreenCr, BlueCb;

        public ToRgbWeights(bool isBt709)
        {
            (double red, double green, double blue) = LumaOf(isBt709);
            double fromCb = 255 * 2 * (1 - blue) / 224;
            double fromCr = 255 * 2 * (1 - red) / 224;
            Luma = Fixed(255 / 219.0);
            (RedCr, BlueCb) = (Fixed(fromCr), Fixed(fromCb));
            (GreenCb, GreenCr) = (Fixed(-fromCb * blue / green), Fixed(-fromCr * red / green));
        }

        private static short Fixed(double weight) => (short)Math.Round(weight * (1 << 13));
    }

    /// <summary>Times 2^14, for values times 128.</summary>
    private readonly struct ToI420Weights
    {
        public readonly short LumaRed, LumaGreen, LumaBlue, CbRed, CbGreen, CbBlue, CrRed, CrGreen, CrBlue;

        public ToI420Weights(bool isBt709)
        {
            (double red, double green, double blue) = LumaOf(isBt709);
            (LumaRed, LumaBlue) = (Fixed(red * 219 / 255), Fixed(blue * 219 / 255));
            (CbRed, CbBlue) = (Fixed(-red / (1 - blue) * 112 / 255), Fixed(112 / 255.0));
            (CrRed, CrBlue) = (Fixed(112 / 255.0), Fixed(-blue / (1 - red) * 112 / 255));

            // What is left to one makes white white, and grey without colour.
            LumaGreen = (short)(Fixed(219 / 255.0) - LumaRed - LumaBlue);
            CbGreen = (short)(-CbRed - CbBlue);
            CrGreen = (short)(-CrRed - CrBlue);
        }

        private static short Fixed(double weight) => (short)Math.Round(weight * (1 << 14));
    }
}
