using System.Runtime.Intrinsics;

namespace ComfyStream.WebRtc.Srtp.Ciphers;

/// <summary>AES-128-GCM (NIST SP 800-38D) under one key, for texts of packet size. Owned by one thread.</summary>
internal abstract class Aes128Gcm : IDisposable
{
    public const int KeyBytes = 16;
    public const int NonceBytes = 12;
    public const int TagBytes = 16;

    /// <summary>Counters 2 to 255: within one packet only the last byte of the counter block changes.</summary>
    public const int MaxTextBytes = 254 * 16;

    /// <summary>The fastest implementation this processor has.</summary>
    public static Aes128Gcm Create(ReadOnlySpan<byte> key) =>
        Aes128GcmX86.IsSupported ? new Aes128GcmX86(key) : new Aes128GcmPlatform(key);

    /// <summary>
    /// Encrypts <paramref name="plaintext"/> (at most <see cref="MaxTextBytes"/>) into <paramref name="ciphertext"/> of the same size,
    /// which is either the same memory or apart, and writes the tag. The <paramref name="nonce"/> has 12 bytes, then 4 of zero.
    /// </summary>
    public abstract void Encrypt(Vector128<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> plaintext, Span<byte> ciphertext, Span<byte> tag);

    /// <summary>The reverse. When false the tag is wrong and <paramref name="plaintext"/> holds rubbish, to be thrown away.</summary>
    public abstract bool TryDecrypt(Vector128<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> ciphertext, Span<byte> plaintext, ReadOnlySpan<byte> tag);

    public abstract void Dispose();

    /// <summary>Guards the pointer arithmetic of the implementations.</summary>
    protected static void CheckSizes(int inputBytes, int outputBytes, int tagBytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(inputBytes, MaxTextBytes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(outputBytes, inputBytes);
        ArgumentOutOfRangeException.ThrowIfNotEqual(tagBytes, TagBytes);
    }
}
