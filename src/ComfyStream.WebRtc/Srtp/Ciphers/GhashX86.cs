using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ComfyStream.WebRtc.Srtp.Ciphers;

/// <summary>GHASH, the universal hash of GCM (NIST SP 800-38D 6.4), by carry-less multiplication.</summary>
/// <remarks>
/// GCM numbers the bits of a block from the left, the multiplier from the right. So blocks are byte-reversed on the way in, and the
/// product of two bit-reversed numbers comes out one place too far right: each power of H is stored already multiplied by x.
/// Eight blocks share one reduction: <c>((acc ^ c1)·H + c2)·H + … = (acc ^ c1)·H⁸ + c2·H⁷ + … + c8·H</c>.
/// </remarks>
internal static unsafe class GhashX86
{
    /// <summary>Blocks that share a reduction, and powers of H that are kept.</summary>
    public const int Powers = 8;

    private const int BlockBytes = 16;

    public static bool IsSupported => Pclmulqdq.IsSupported && Ssse3.IsSupported;

    /// <summary>Whether two blocks can be multiplied by one instruction.</summary>
    public static bool IsWideSupported => Pclmulqdq.V256.IsSupported && Avx2.IsSupported;

    // Reflected x^128 + x^7 + x^2 + x + 1 without its highest term.
    private static Vector128<ulong> Polynomial => Vector128.Create(0xC200000000000000UL, 0UL);

    private static Vector128<byte> Reversal => Vector128.Create((byte)15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);

    /// <summary>Fills <paramref name="powers"/> with H^8, H^7 ... H, each multiplied by x. H is the encrypted zero block.</summary>
    public static void CreatePowers(Vector128<byte> hashKey, Vector128<ulong>* powers)
    {
        var h = MultiplyByX(Reverse(hashKey).AsUInt64());
        var power = h;
        powers[Powers - 1] = power;
        for (var i = Powers - 2; i >= 0; i--)
            powers[i] = power = Multiply(power, h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Reverse(Vector128<byte> block) => Ssse3.Shuffle(block, Reversal);

    /// <summary>Takes in <paramref name="byteCount"/> bytes, the last block padded with zeros.</summary>
    public static Vector128<ulong> Absorb(Vector128<ulong>* powers, Vector128<ulong> hash, byte* data, int byteCount)
    {
        while (byteCount > 0)
        {
            var blocks = Math.Min((byteCount + BlockBytes - 1) / BlockBytes, Powers);
            var power = powers + (Powers - blocks);
            var (low, middle, high) = (Vector128<ulong>.Zero, Vector128<ulong>.Zero, Vector128<ulong>.Zero);
            for (var i = 0; i < blocks; i++, data += BlockBytes, byteCount -= BlockBytes)
            {
                var block = Reverse(byteCount >= BlockBytes ? Vector128.Load(data) : LoadPartial(data, byteCount)).AsUInt64();
                AddProduct(i == 0 ? block ^ hash : block, power[i], ref low, ref middle, ref high);
            }
            hash = Reduce(low, middle, high);
        }
        return hash;
    }

    /// <summary>Takes in eight blocks.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Absorb8(Vector128<ulong>* powers, Vector128<ulong> hash, byte* data)
    {
        var (low, middle, high) = (Vector128<ulong>.Zero, Vector128<ulong>.Zero, Vector128<ulong>.Zero);
        AddProduct(Reverse(Vector128.Load(data)).AsUInt64() ^ hash, powers[0], ref low, ref middle, ref high);
        AddProduct(Reverse(Vector128.Load(data + 16)).AsUInt64(), powers[1], ref low, ref middle, ref high);
        AddProduct(Reverse(Vector128.Load(data + 32)).AsUInt64(), powers[2], ref low, ref middle, ref high);
        AddProduct(Reverse(Vector128.Load(data + 48)).AsUInt64(), powers[3], ref low, ref middle, ref high);
        AddProduct(Reverse(Vector128.Load(data + 64)).AsUInt64(), powers[4], ref low, ref middle, ref high);
        AddProduct(Reverse(Vector128.Load(data + 80)).AsUInt64(), powers[5], ref low, ref middle, ref high);
        AddProduct(Reverse(Vector128.Load(data + 96)).AsUInt64(), powers[6], ref low, ref middle, ref high);
        AddProduct(Reverse(Vector128.Load(data + 112)).AsUInt64(), powers[7], ref low, ref middle, ref high);
        return Reduce(low, middle, high);
    }

    /// <summary>Takes in eight blocks, two with each instruction; the two halves are added before the reduction.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ulong> Absorb8Wide(Vector128<ulong>* powers, Vector128<ulong> hash, byte* data)
    {
        var pairs = (Vector256<ulong>*)powers;
        var (low, middle, high) = (Vector256<ulong>.Zero, Vector256<ulong>.Zero, Vector256<ulong>.Zero);
        AddProduct(LoadPair(data) ^ Vector256.Create(hash, Vector128<ulong>.Zero), pairs[0], ref low, ref middle, ref high);
        AddProduct(LoadPair(data + 32), pairs[1], ref low, ref middle, ref high);
        AddProduct(LoadPair(data + 64), pairs[2], ref low, ref middle, ref high);
        AddProduct(LoadPair(data + 96), pairs[3], ref low, ref middle, ref high);
        return Reduce(low.GetLower() ^ low.GetUpper(), middle.GetLower() ^ middle.GetUpper(), high.GetLower() ^ high.GetUpper());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> LoadPair(byte* data) => Avx2.Shuffle(Vector256.Load(data), Vector256.Create(Reversal, Reversal)).AsUInt64();

    private static Vector128<byte> LoadPartial(byte* data, int byteCount)
    {
        var block = Vector128<byte>.Zero;
        Unsafe.CopyBlockUnaligned(&block, data, (uint)byteCount);
        return block;
    }

    private static Vector128<ulong> Multiply(Vector128<ulong> left, Vector128<ulong> right)
    {
        var (low, middle, high) = (Vector128<ulong>.Zero, Vector128<ulong>.Zero, Vector128<ulong>.Zero);
        AddProduct(left, right, ref low, ref middle, ref high);
        return Reduce(low, middle, high);
    }

    private static Vector128<ulong> MultiplyByX(Vector128<ulong> value)
    {
        var (low, high) = (value.GetElement(0), value.GetElement(1));
        var overflow = 0UL - (high >> 63); // all ones when the highest bit is set; no branch on key bits
        var shifted = Vector128.Create(low << 1, (high << 1) | (low >> 63));
        return shifted ^ (Vector128.Create(1UL, 0xC200000000000000UL) & Vector128.Create(overflow));
    }

    /// <summary>Adds a 256-bit product to a sum in three columns, which <see cref="Reduce"/> brings together.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddProduct(
        Vector128<ulong> left, Vector128<ulong> right, ref Vector128<ulong> low, ref Vector128<ulong> middle, ref Vector128<ulong> high)
    {
        low ^= Pclmulqdq.CarrylessMultiply(left, right, 0x00);
        high ^= Pclmulqdq.CarrylessMultiply(left, right, 0x11);
        middle ^= Pclmulqdq.CarrylessMultiply(left, right, 0x01) ^ Pclmulqdq.CarrylessMultiply(left, right, 0x10);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddProduct(
        Vector256<ulong> left, Vector256<ulong> right, ref Vector256<ulong> low, ref Vector256<ulong> middle, ref Vector256<ulong> high)
    {
        low ^= Pclmulqdq.V256.CarrylessMultiply(left, right, 0x00);
        high ^= Pclmulqdq.V256.CarrylessMultiply(left, right, 0x11);
        middle ^= Pclmulqdq.V256.CarrylessMultiply(left, right, 0x01) ^ Pclmulqdq.V256.CarrylessMultiply(left, right, 0x10);
    }

    /// <summary>The remainder modulo GCM's polynomial: two folds of 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Reduce(Vector128<ulong> low, Vector128<ulong> middle, Vector128<ulong> high)
    {
        middle ^= SwapHalves(low) ^ Pclmulqdq.CarrylessMultiply(low, Polynomial, 0x00);
        return high ^ SwapHalves(middle) ^ Pclmulqdq.CarrylessMultiply(middle, Polynomial, 0x00);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> SwapHalves(Vector128<ulong> value) => Sse2.Shuffle(value.AsUInt32(), 0x4E).AsUInt64();
}
