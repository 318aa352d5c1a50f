using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ComfyStream.WebRtc.Srtp.Ciphers;

/// <summary>Counter mode with the processor's AES instructions.</summary>
internal sealed unsafe class Aes128CounterX86 : Aes128Counter
{
    private readonly KeyMemory _memory = new(AesX86.RoundKeysBytes);

    public Aes128CounterX86(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeyBytes);
        AesX86.ExpandKey(key, (Vector128<byte>*)_memory.Start);
    }

    public override void Xor(Vector128<byte> initialBlock, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        CheckSizes(source.Length, destination.Length);
        fixed (byte* from = source, to = destination)
            Run((Vector128<byte>*)_memory.Start, AesX86.Counters, initialBlock, from, to, source.Length);
        GC.KeepAlive(this);
    }

    public override void Dispose() => _memory.Dispose();

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Run(Vector128<byte>* roundKeys, Vector128<byte>* counter, Vector128<byte> initialBlock, byte* source, byte* destination, int byteCount)
    {
        var whitenedBase = initialBlock ^ roundKeys[0];
        for (; byteCount >= AesX86.LanesBytes; byteCount -= AesX86.LanesBytes)
        {
            AesX86.Xor8(roundKeys, whitenedBase, counter, source, destination);
            source += AesX86.LanesBytes;
            destination += AesX86.LanesBytes;
            counter += AesX86.Lanes;
        }
        if (byteCount == 0)
            return;
        var tail = stackalloc byte[AesX86.LanesBytes];
        Unsafe.CopyBlockUnaligned(tail, source, (uint)byteCount);
        AesX86.Xor8(roundKeys, whitenedBase, counter, tail, tail);
        Unsafe.CopyBlockUnaligned(destination, tail, (uint)byteCount);
    }
}
