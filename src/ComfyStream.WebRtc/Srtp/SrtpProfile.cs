namespace ComfyStream.WebRtc.Srtp;

/// <summary>SRTP protection profiles we speak, by their number in use_srtp (RFC 5764 4.1.2, RFC 7714 14.2).</summary>
internal enum SrtpProfile : ushort
{
    /// <summary>AES counter mode with an 80-bit HMAC-SHA1 tag; every WebRTC peer has it (RFC 8827 6.5).</summary>
    Aes128CmHmacSha1_80 = 1,

    /// <summary>AES-GCM with a 128-bit tag; preferred, at less than half the cost.</summary>
    AeadAes128Gcm = 7,
}

/// <summary>Sizes of the master keys of a profile.</summary>
internal static class SrtpProfileSizes
{
    /// <summary>The master key's size, the same for all profiles here.</summary>
    public const int MasterKeyBytes = 16;

    /// <summary>The largest master salt of all profiles here.</summary>
    public const int MaxMasterSaltBytes = 14;

    public static int MasterSaltBytes(this SrtpProfile profile) => profile switch
    {
        SrtpProfile.Aes128CmHmacSha1_80 => 14,
        SrtpProfile.AeadAes128Gcm => 12,
        _ => throw new ArgumentOutOfRangeException(nameof(profile), profile, "Unknown SRTP profile."),
    };

    /// <summary>What the DTLS exporter has to give: two keys and two salts (RFC 5764 4.2).</summary>
    public static int KeyingMaterialBytes(this SrtpProfile profile) => 2 * (MasterKeyBytes + profile.MasterSaltBytes());
}
