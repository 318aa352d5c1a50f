using System.Runtime.Intrinsics;

namespace ComfyStream.Media;

/// <summary>
/// Turns pictures of BT.709 into BT.601, for codecs that know no other matrix. A change of matrix without leaving limited range
/// is linear; luma takes its part of the chroma at half resolution.
/// </summary>
internal static unsafe class ColorMatrix
{
    private const int Step = 16;
    private const int NeutralChroma = 128;

    /// <summary>Coefficients are times 512: as many bits as leave the sums within 16.</summary>
    private const int Shift = 9;

    // From Kr and Kb of both standards (0.2126, 0.0722 and 0.299, 0.114); of chroma, the part to take away.
    private const short LumaOfCb = 51;
    private const short LumaOfCr = 98;
    private const short CbOfCb = 5;
    private const short CbOfCr = 57;
    private const short CrOfCb = 37;
    private const short CrOfCr = 8;

    /// <summary>Writes pixels and properties of the target, a frame of the same size.</summary>
    public static void ConvertToBt601(VideoFrame source, VideoFrame target)
    {
        target.CopyPropertiesFrom(source);
        target.IsBt709 = false;
        for (int row = 0; row < source.Height / 2; row++)
        {
            // The last step of a row runs into the padding, which reaches to the next multiple of 64 bytes.
            for (int x = 0; x < source.Width / 2; x += Step)
                ConvertStep(source, target, row, x);
        }
    }

    /// <summary>Converts 16 chroma samples and the two rows of 32 luma samples that they belong to.</summary>
    private static void ConvertStep(VideoFrame source, VideoFrame target, int row, int x)
    {
        int at = row * source.StrideUv + x;
        (Vector128<short> cb0, Vector128<short> cb1) = Center(Vector128.Load(source.U + at));
        (Vector128<short> cr0, Vector128<short> cr1) = Center(Vector128.Load(source.V + at));
        Pack(cb0 - Weigh(cb0, CbOfCb, cr0, CbOfCr), cb1 - Weigh(cb1, CbOfCb, cr1, CbOfCr), NeutralChroma).Store(target.U + at);
        Pack(cr0 - Weigh(cr0, CrOfCr, cb0, CrOfCb), cr1 - Weigh(cr1, CrOfCr, cb1, CrOfCb), NeutralChroma).Store(target.V + at);

        Vector128<short> luma0 = Weigh(cb0, LumaOfCb, cr0, LumaOfCr);
        Vector128<short> luma1 = Weigh(cb1, LumaOfCb, cr1, LumaOfCr);
        int top = 2 * row * source.StrideY + 2 * x;
        foreach (int line in (ReadOnlySpan<int>)[top, top + source.StrideY])
        {
            AddLuma(source.Y + line, target.Y + line, luma0);
            AddLuma(source.Y + line + Step, target.Y + line + Step, luma1);
        }
    }

    private static (Vector128<short> First, Vector128<short> Second) Center(Vector128<byte> samples)
    {
        (Vector128<ushort> first, Vector128<ushort> second) = Vector128.Widen(samples);
        Vector128<short> neutral = Vector128.Create<short>(NeutralChroma);
        return (first.AsInt16() - neutral, second.AsInt16() - neutral);
    }

    private static Vector128<short> Weigh(Vector128<short> a, short weightA, Vector128<short> b, short weightB) =>
        (a * weightA + b * weightB + Vector128.Create<short>(1 << Shift - 1)) >> Shift;

    /// <summary>Adds each of 8 values to two samples side by side.</summary>
    private static void AddLuma(byte* source, byte* target, Vector128<short> values)
    {
        (Vector128<ushort> first, Vector128<ushort> second) = Vector128.Widen(Vector128.Load(source));
        Pack(
            first.AsInt16() + Vector128.Shuffle(values, Vector128.Create((short)0, 0, 1, 1, 2, 2, 3, 3)),
            second.AsInt16() + Vector128.Shuffle(values, Vector128.Create((short)4, 4, 5, 5, 6, 6, 7, 7)), 0).Store(target);
    }

    private static Vector128<byte> Pack(Vector128<short> first, Vector128<short> second, short offset)
    {
        Vector128<short> zero = Vector128<short>.Zero;
        Vector128<short> most = Vector128.Create<short>(byte.MaxValue);
        Vector128<short> addend = Vector128.Create(offset);
        return Vector128.Narrow(
            Vector128.Clamp(first + addend, zero, most).AsUInt16(), Vector128.Clamp(second + addend, zero, most).AsUInt16());
    }
}
