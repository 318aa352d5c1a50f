using ComfyStream.WebRtc.Srtp.Interop;

namespace ComfyStream.WebRtc.Srtp.Ciphers;

/// <summary>HMAC-SHA1 (RFC 2104) under one key of at most 64 bytes. Owned by one thread.</summary>
internal abstract class HmacSha1 : IDisposable
{
    public const int MacBytes = 20;

    /// <summary>The fastest implementation this system has.</summary>
    public static HmacSha1 Create(ReadOnlySpan<byte> key) =>
        LibCryptoSha1.IsSupported ? new HmacSha1Saved(key) : new HmacSha1Platform(key);

    /// <summary>Writes the code of <paramref name="message"/> followed by <paramref name="suffix"/> (which may be empty).</summary>
    public abstract void Compute(ReadOnlySpan<byte> message, ReadOnlySpan<byte> suffix, Span<byte> mac);

    public abstract void Dispose();
}
