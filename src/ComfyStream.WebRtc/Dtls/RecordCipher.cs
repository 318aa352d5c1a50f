using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace ComfyStream.WebRtc.Dtls;

/// <summary>How the cipher suites that we agree to protect a DTLS 1.2 record.</summary>
internal sealed class RecordCipher
{
    public const int NonceBytes = 12;

    private static readonly RecordCipher s_aes128Gcm = new() { Hash = HashAlgorithmName.SHA256, KeyBytes = 16, SaltBytes = 4, ExplicitNonceBytes = 8 };
    private static readonly RecordCipher s_aes256Gcm = new() { Hash = HashAlgorithmName.SHA384, KeyBytes = 32, SaltBytes = 4, ExplicitNonceBytes = 8 };
    private static readonly RecordCipher s_chaCha20Poly1305 = new() { Hash = HashAlgorithmName.SHA256, KeyBytes = 32, SaltBytes = 12, ExplicitNonceBytes = 0 };

    /// <summary>The hash of the suite's key derivation.</summary>
    public required HashAlgorithmName Hash { get; init; }

    /// <summary>Bytes of a key.</summary>
    public required int KeyBytes { get; init; }

    /// <summary>Bytes of the nonce that are derived with the key.</summary>
    public required int SaltBytes { get; init; }

    /// <summary>Bytes of the nonce that a record carries before its ciphertext.</summary>
    public required int ExplicitNonceBytes { get; init; }

    /// <summary>Finds it by the suite's IANA number, among those of <see cref="DtlsIdentity"/>.</summary>
    public static bool TryFind(ushort suite, [NotNullWhen(true)] out RecordCipher? cipher)
    {
        cipher = suite switch
        {
            0xC02B or 0xC02F => s_aes128Gcm,
            0xC02C or 0xC030 => s_aes256Gcm,
            0xCCA8 or 0xCCA9 => ChaCha20Poly1305.IsSupported ? s_chaCha20Poly1305 : null,
            _ => null,
        };
        return cipher is not null;
    }

    /// <summary>RFC 5288 3: salt and what the record carries; RFC 7905 2: salt xor the sequence number with leading zeros.</summary>
    public void WriteNonce(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> sequence, ReadOnlySpan<byte> carried, Span<byte> nonce)
    {
        salt.CopyTo(nonce);
        if (ExplicitNonceBytes > 0)
        {
            carried[..ExplicitNonceBytes].CopyTo(nonce[SaltBytes..]);
            return;
        }
        for (var i = 0; i < sequence.Length; i++)
            nonce[NonceBytes - sequence.Length + i] ^= sequence[i];
    }

    /// <summary>Decrypts, if the tag is right.</summary>
    public bool TryOpen(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> tag, Span<byte> plaintext, ReadOnlySpan<byte> associatedData)
    {
        try
        {
            if (ExplicitNonceBytes > 0)
            {
                using var gcm = new AesGcm(key, tag.Length);
                gcm.Decrypt(nonce, ciphertext, tag, plaintext, associatedData);
            }
            else
            {
                using var chaCha = new ChaCha20Poly1305(key);
                chaCha.Decrypt(nonce, ciphertext, tag, plaintext, associatedData);
            }
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }
}
