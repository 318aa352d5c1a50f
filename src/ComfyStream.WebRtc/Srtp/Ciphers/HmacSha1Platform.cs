using System.Security.Cryptography;

namespace ComfyStream.WebRtc.Srtp.Ciphers;

/// <summary>HMAC-SHA1 by the platform's library, at about twice the cost of <see cref="HmacSha1Saved"/>.</summary>
internal sealed class HmacSha1Platform(ReadOnlySpan<byte> key) : HmacSha1
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA1, key);

    public override void Compute(ReadOnlySpan<byte> message, ReadOnlySpan<byte> suffix, Span<byte> mac)
    {
        _hash.AppendData(message);
        _hash.AppendData(suffix);
        _hash.GetHashAndReset(mac);
    }

    public override void Dispose() => _hash.Dispose();
}
