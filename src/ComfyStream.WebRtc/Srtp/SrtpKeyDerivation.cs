using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ComfyStream.WebRtc.Srtp;

/// <summary>
/// Session keys from master keys by the AES-CM pseudo-random function (RFC 3711 4.3), with a key derivation rate of zero:
/// once per session. RFC 7714 11 uses the same function with its shorter salt padded with zeros.
/// </summary>
internal static class SrtpKeyDerivation
{
    public const byte RtpEncryptionLabel = 0;
    public const byte RtpAuthenticationLabel = 1;
    public const byte RtpSaltLabel = 2;

    /// <summary>How far the labels of SRTCP are from those of SRTP.</summary>
    public const byte RtcpLabelOffset = 3;

    private const int BlockBytes = 16;

    /// <summary>The label's byte within the salt: 48 bits of (zero) index follow it in 112.</summary>
    private const int LabelPosition = 7;

    /// <summary>Fills <paramref name="sessionKey"/> with the key of <paramref name="label"/>.</summary>
    public static void Derive(ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt, byte label, Span<byte> sessionKey)
    {
        using var aes = Aes.Create();
        aes.SetKey(masterKey);
        Span<byte> counter = stackalloc byte[BlockBytes];
        Span<byte> keyStream = stackalloc byte[BlockBytes];
        counter.Clear();
        masterSalt.CopyTo(counter);
        counter[LabelPosition] ^= label;
        for (ushort block = 0; !sessionKey.IsEmpty; block++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(counter[^2..], block);
            aes.EncryptEcb(counter, keyStream, PaddingMode.None);
            var taken = Math.Min(BlockBytes, sessionKey.Length);
            keyStream[..taken].CopyTo(sessionKey);
            sessionKey = sessionKey[taken..];
        }
        CryptographicOperations.ZeroMemory(keyStream);
    }
}
