using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ComfyStream.WebRtc.Srtp.Ciphers;

/// <summary>
/// AES-128-GCM with the processor's AES and carry-less multiply instructions. Each step of eight blocks hashes what the step before
/// it produced in the cache, and the processor overlaps the hash with the next step's encryption by itself.
/// </summary>
internal sealed unsafe class Aes128GcmX86 : Aes128Gcm
{
    private const int BlockBytes = AesX86.BlockBytes;
    private const int PowersOffset = 192; // round keys (176 bytes) rounded up to a multiple of 32
    private const int LastLane = AesX86.LanesBytes - BlockBytes;

    private readonly KeyMemory _memory = new(PowersOffset + (GhashX86.Powers * BlockBytes));
    private readonly bool _wide;

    public Aes128GcmX86(ReadOnlySpan<byte> key)
        : this(key, GhashX86.IsWideSupported)
    {
    }

    /// <summary>For tests too: <paramref name="wide"/> multiplies two blocks by one instruction, which must then be supported.</summary>
    public Aes128GcmX86(ReadOnlySpan<byte> key, bool wide)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeyBytes);
        _wide = wide;
        AesX86.ExpandKey(key, RoundKeys);
        GhashX86.CreatePowers(AesX86.EncryptWhitened(RoundKeys, RoundKeys[0]), Powers);
    }

    public static bool IsSupported => AesX86.IsSupported && GhashX86.IsSupported;

    private Vector128<byte>* RoundKeys => (Vector128<byte>*)_memory.Start;

    private Vector128<ulong>* Powers => (Vector128<ulong>*)(_memory.Start + PowersOffset);

    public override void Encrypt(Vector128<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> plaintext, Span<byte> ciphertext, Span<byte> tag)
    {
        CheckSizes(plaintext.Length, ciphertext.Length, tag.Length);
        fixed (byte* ad = associatedData, source = plaintext, destination = ciphertext)
            Run(RoundKeys, Powers, AesX86.Counters, nonce, ad, associatedData.Length, source, destination, plaintext.Length, _wide, encrypt: true).CopyTo(tag);
        GC.KeepAlive(this);
    }

    public override bool TryDecrypt(Vector128<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> ciphertext, Span<byte> plaintext, ReadOnlySpan<byte> tag)
    {
        CheckSizes(ciphertext.Length, plaintext.Length, tag.Length);
        var received = Vector128.Create(tag); // before decryption in place can touch it
        Vector128<byte> expected;
        fixed (byte* ad = associatedData, source = ciphertext, destination = plaintext)
            expected = Run(RoundKeys, Powers, AesX86.Counters, nonce, ad, associatedData.Length, source, destination, ciphertext.Length, _wide, encrypt: false);
        GC.KeepAlive(this);
        return expected == received; // one vector comparison: takes the same time whatever differs
    }

    public override void Dispose() => _memory.Dispose();

    /// <summary>The whole of GCM for one packet; returns the tag.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static Vector128<byte> Run(
        Vector128<byte>* roundKeys, Vector128<ulong>* powers, Vector128<byte>* counters, Vector128<byte> nonce,
        byte* associatedData, int associatedDataBytes, byte* source, byte* destination, int byteCount, bool wide, bool encrypt)
    {
        var whitenedBase = nonce ^ roundKeys[0];
        var lengths = Vector128.Create((ulong)byteCount * 8, (ulong)associatedDataBytes * 8).AsByte();
        var hash = GhashX86.Absorb(powers, Vector128<ulong>.Zero, associatedData, associatedDataBytes);
        var counter = counters + 2; // counter 1 masks the tag
        // The hash of ciphertext lags one step behind its encryption: those bytes have left the store buffer when they are read again.
        byte* unhashed = null;
        for (; byteCount >= AesX86.LanesBytes; byteCount -= AesX86.LanesBytes)
        {
            if (!encrypt)
                unhashed = source;
            if (unhashed != null)
                hash = wide ? GhashX86.Absorb8Wide(powers, hash, unhashed) : GhashX86.Absorb8(powers, hash, unhashed);
            AesX86.Xor8(roundKeys, whitenedBase, counter, source, destination);
            unhashed = destination;
            source += AesX86.LanesBytes;
            destination += AesX86.LanesBytes;
            counter += AesX86.Lanes;
        }
        if (encrypt && unhashed != null)
            hash = wide ? GhashX86.Absorb8Wide(powers, hash, unhashed) : GhashX86.Absorb8(powers, hash, unhashed);

        // The rest goes through one padded step of eight blocks, of which the last lane masks the tag when the text leaves it free;
        // the block of lengths is hashed together with the text, at the cost of one reduction.
        var tail = stackalloc byte[AesX86.LanesBytes + (2 * BlockBytes)];
        var tailBlocksBytes = (byteCount + BlockBytes - 1) & -BlockBytes;
        Unsafe.CopyBlockUnaligned(tail, source, (uint)byteCount);
        if (!encrypt)
            hash = AbsorbTail(powers, hash, tail, byteCount, tailBlocksBytes, lengths);
        Vector128<byte> mask;
        if (byteCount <= LastLane)
        {
            var tailCounters = stackalloc Vector128<byte>[AesX86.Lanes];
            Unsafe.CopyBlockUnaligned(tailCounters, counter, LastLane);
            tailCounters[AesX86.Lanes - 1] = counters[1];
            Vector128<byte>.Zero.Store(tail + LastLane);
            AesX86.Xor8(roundKeys, whitenedBase, tailCounters, tail, tail);
            mask = Vector128.Load(tail + LastLane);
        }
        else
        {
            AesX86.Xor8(roundKeys, whitenedBase, counter, tail, tail);
            mask = AesX86.EncryptWhitened(roundKeys, whitenedBase ^ counters[1]);
        }
        Unsafe.CopyBlockUnaligned(destination, tail, (uint)byteCount);
        if (encrypt)
            hash = AbsorbTail(powers, hash, tail, byteCount, tailBlocksBytes, lengths);
        return GhashX86.Reverse(hash.AsByte()) ^ mask;
    }

    /// <summary>Hashes the end of the text, padded with zeros, and the block of lengths after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> AbsorbTail(Vector128<ulong>* powers, Vector128<ulong> hash, byte* tail, int byteCount, int blocksBytes, Vector128<byte> lengths)
    {
        Vector128<byte>.Zero.Store(tail + byteCount);
        GhashX86.Reverse(lengths).Store(tail + blocksBytes);
        return GhashX86.Absorb(powers, hash, tail, blocksBytes + BlockBytes);
    }
}
