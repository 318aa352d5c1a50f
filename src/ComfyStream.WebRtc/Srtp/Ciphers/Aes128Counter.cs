using System.Runtime.Intrinsics;

namespace ComfyStream.WebRtc.Srtp.Ciphers;

/// <summary>AES-128 in counter mode as SRTP uses it (RFC 3711 4.1.1) under one key. Owned by one thread.</summary>
internal abstract class Aes128Counter : IDisposable
{
    public const int KeyBytes = 16;

    /// <summary>256 blocks: within one packet only the last byte of the counter block changes.</summary>
    public const int MaxTextBytes = 256 * 16;

    /// <summary>The fastest implementation this processor has.</summary>
    public static Aes128Counter Create(ReadOnlySpan<byte> key) =>
        AesX86.IsSupported ? new Aes128CounterX86(key) : new Aes128CounterPlatform(key);

    /// <summary>
    /// Xors <paramref name="source"/> with the key stream into <paramref name="destination"/> of the same size, which is either the same
    /// memory or apart. The last two bytes of <paramref name="initialBlock"/>, the counter block, are zero.
    /// </summary>
    public abstract void Xor(Vector128<byte> initialBlock, ReadOnlySpan<byte> source, Span<byte> destination);

    public abstract void Dispose();

    protected static void CheckSizes(int sourceBytes, int destinationBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sourceBytes, MaxTextBytes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(destinationBytes, sourceBytes);
    }
}
