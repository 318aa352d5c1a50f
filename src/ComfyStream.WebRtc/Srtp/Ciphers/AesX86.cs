using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ComfyStream.WebRtc.Srtp.Ciphers;

/// <summary>
/// AES-128 with the processor's instructions, eight blocks at a time: an AES instruction takes four cycles to finish but two can begin
/// in each, so eight independent blocks keep the unit busy.
/// </summary>
/// <remarks>
/// Counter blocks need no arithmetic. Within a packet only the last byte of the counter block changes, so the state after the first
/// key addition is <c>(block with counter 0 ^ round key 0) ^ Counters[i]</c>, where <c>Counters[i]</c> is i in the last byte.
/// </remarks>
internal static unsafe class AesX86
{
    public const int BlockBytes = 16;

    /// <summary>Blocks of one step.</summary>
    public const int Lanes = 8;

    public const int LanesBytes = Lanes * BlockBytes;

    /// <summary>Size of an expanded key.</summary>
    public const int RoundKeysBytes = (LastRound + 1) * BlockBytes;

    private const int LastRound = 10;

    /// <summary>Blocks 0 to 255 that hold their own number in the last byte; never freed.</summary>
    public static readonly Vector128<byte>* Counters = CreateCounters();

    public static bool IsSupported => Aes.IsSupported && Sse2.IsSupported && Ssse3.IsSupported;

    /// <summary>Key expansion of FIPS 197 5.2.</summary>
    public static void ExpandKey(ReadOnlySpan<byte> key, Vector128<byte>* roundKeys)
    {
        var k = Vector128.Create(key);
        roundKeys[0] = k;
        // KeygenAssist takes its round constant as an immediate.
        roundKeys[1] = k = NextRoundKey(k, Aes.KeygenAssist(k, 0x01));
        roundKeys[2] = k = NextRoundKey(k, Aes.KeygenAssist(k, 0x02));
        roundKeys[3] = k = NextRoundKey(k, Aes.KeygenAssist(k, 0x04));
        roundKeys[4] = k = NextRoundKey(k, Aes.KeygenAssist(k, 0x08));
        roundKeys[5] = k = NextRoundKey(k, Aes.KeygenAssist(k, 0x10));
        roundKeys[6] = k = NextRoundKey(k, Aes.KeygenAssist(k, 0x20));
        roundKeys[7] = k = NextRoundKey(k, Aes.KeygenAssist(k, 0x40));
        roundKeys[8] = k = NextRoundKey(k, Aes.KeygenAssist(k, 0x80));
        roundKeys[9] = k = NextRoundKey(k, Aes.KeygenAssist(k, 0x1b));
        roundKeys[LastRound] = NextRoundKey(k, Aes.KeygenAssist(k, 0x36));
    }

    /// <summary>Encrypts one block whose first key addition is done.</summary>
    public static Vector128<byte> EncryptWhitened(Vector128<byte>* roundKeys, Vector128<byte> block)
    {
        for (var round = 1; round < LastRound; round++)
            block = Aes.Encrypt(block, roundKeys[round]);
        return Aes.EncryptLast(block, roundKeys[LastRound]);
    }

    /// <summary>Xors eight blocks of text with the key stream of eight successive counters.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Xor8(Vector128<byte>* roundKeys, Vector128<byte> whitenedBase, Vector128<byte>* counters, byte* source, byte* destination)
    {
        var b0 = whitenedBase ^ counters[0];
        var b1 = whitenedBase ^ counters[1];
        var b2 = whitenedBase ^ counters[2];
        var b3 = whitenedBase ^ counters[3];
        var b4 = whitenedBase ^ counters[4];
        var b5 = whitenedBase ^ counters[5];
        var b6 = whitenedBase ^ counters[6];
        var b7 = whitenedBase ^ counters[7];
        for (var round = 1; round < LastRound; round++)
        {
            var key = roundKeys[round];
            b0 = Aes.Encrypt(b0, key);
            b1 = Aes.Encrypt(b1, key);
            b2 = Aes.Encrypt(b2, key);
            b3 = Aes.Encrypt(b3, key);
            b4 = Aes.Encrypt(b4, key);
            b5 = Aes.Encrypt(b5, key);
            b6 = Aes.Encrypt(b6, key);
            b7 = Aes.Encrypt(b7, key);
        }
        // The last round ends with a xor of its key, which takes the text along: last(b, k) ^ text = last(b, k ^ text).
        var last = roundKeys[LastRound];
        Aes.EncryptLast(b0, last ^ Vector128.Load(source)).Store(destination);
        Aes.EncryptLast(b1, last ^ Vector128.Load(source + 16)).Store(destination + 16);
        Aes.EncryptLast(b2, last ^ Vector128.Load(source + 32)).Store(destination + 32);
        Aes.EncryptLast(b3, last ^ Vector128.Load(source + 48)).Store(destination + 48);
        Aes.EncryptLast(b4, last ^ Vector128.Load(source + 64)).Store(destination + 64);
        Aes.EncryptLast(b5, last ^ Vector128.Load(source + 80)).Store(destination + 80);
        Aes.EncryptLast(b6, last ^ Vector128.Load(source + 96)).Store(destination + 96);
        Aes.EncryptLast(b7, last ^ Vector128.Load(source + 112)).Store(destination + 112);
    }

    private static Vector128<byte> NextRoundKey(Vector128<byte> key, Vector128<byte> assist)
    {
        var word = Sse2.Shuffle(assist.AsUInt32(), 0xFF).AsByte();
        key ^= Sse2.ShiftLeftLogical128BitLane(key, 4);
        key ^= Sse2.ShiftLeftLogical128BitLane(key, 8);
        return key ^ word;
    }

    private static Vector128<byte>* CreateCounters()
    {
        var counters = (Vector128<byte>*)NativeMemory.AlignedAlloc(256 * BlockBytes, 64);
        for (var i = 0; i < 256; i++)
            counters[i] = Vector128<byte>.Zero.WithElement(15, (byte)i);
        return counters;
    }
}
