using ComfyStream.WebRtc.Srtp;

namespace ComfyStream.Benchmarks.Micro;

/// <summary>The profiles of SRTP by name: parameters of benchmarks are public, the enumeration is not.</summary>
internal static class NamedProfile
{
    public const string Gcm = "AEAD_AES_128_GCM";
    public const string Counter = "AES128_CM_HMAC_SHA1_80";

    public static SrtpProfile Of(string name) => name == Gcm ? SrtpProfile.AeadAes128Gcm : SrtpProfile.Aes128CmHmacSha1_80;

    public static int SaltBytes(string name) => name == Gcm ? 12 : 14;
}
