using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace ComfyStream.WebRtc.Srtp.Ciphers;

/// <summary>AES-GCM by the platform's library: for processors without our own implementation, at about four times the cost.</summary>
internal sealed class Aes128GcmPlatform(ReadOnlySpan<byte> key) : Aes128Gcm
{
    private readonly AesGcm _aes = new(key, TagBytes);

    public override void Encrypt(Vector128<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> plaintext, Span<byte> ciphertext, Span<byte> tag)
    {
        CheckSizes(plaintext.Length, ciphertext.Length, tag.Length);
        Span<byte> block = stackalloc byte[Vector128<byte>.Count];
        nonce.CopyTo(block);
        _aes.Encrypt(block[..NonceBytes], plaintext, ciphertext, tag, associatedData);
    }

    public override bool TryDecrypt(Vector128<byte> nonce, ReadOnlySpan<byte> associatedData, ReadOnlySpan<byte> ciphertext, Span<byte> plaintext, ReadOnlySpan<byte> tag)
    {
        CheckSizes(ciphertext.Length, plaintext.Length, tag.Length);
        Span<byte> block = stackalloc byte[Vector128<byte>.Count];
        nonce.CopyTo(block);
        try
        {
            _aes.Decrypt(block[..NonceBytes], ciphertext, tag, plaintext, associatedData);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    public override void Dispose() => _aes.Dispose();
}
