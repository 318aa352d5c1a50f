using System.Globalization;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>Finds out H.264 profiles and which decoder takes which.</summary>
public static class H264Profiles
{
    /// <summary>The profile of a bitstream, by the two bytes that follow the SPS's NAL header (RFC 6184 8.1, table 5).</summary>
    /// <param name="profileIdc">profile_idc.</param>
    /// <param name="constraints">constraint_set0_flag in the highest bit, and so on.</param>
    public static H264Profile FromSps(byte profileIdc, byte constraints) => (profileIdc, constraints) switch
    {
        (0x42, var c) when (c & 0x4F) == 0x40 => H264Profile.ConstrainedBaseline,
        (0x4D, var c) when (c & 0x8F) == 0x80 => H264Profile.ConstrainedBaseline,
        (0x58, var c) when (c & 0xCF) == 0xC0 => H264Profile.ConstrainedBaseline,
        (0x42, var c) when (c & 0x4F) == 0x00 => H264Profile.Baseline,
        (0x58, var c) when (c & 0xCF) == 0x80 => H264Profile.Baseline,
        (0x4D, var c) when (c & 0xAF) == 0x00 => H264Profile.Main,
        (0x64, 0x0C) => H264Profile.ConstrainedHigh,
        (0x64, 0x00) => H264Profile.High,
        _ => H264Profile.Other,
    };

    /// <summary>Reads the value of profile-level-id: profile_idc, constraint flags and level_idc in hex.</summary>
    internal static bool TryParse(ReadOnlySpan<char> profileLevelId, out H264Profile profile)
    {
        profile = H264Profile.Other;
        if (profileLevelId.Length != 6 || !uint.TryParse(profileLevelId, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint bytes))
            return false;

        profile = FromSps((byte)(bytes >> 16), (byte)(bytes >> 8));
        return true;
    }

    /// <summary>Whether a decoder for this profile plays a stream of the other: each step of the ladder contains those below.</summary>
    public static bool Decodes(this H264Profile decoder, H264Profile stream) => Step(decoder) >= Step(stream);

    private static int Step(H264Profile profile) => profile switch
    {
        // Plain Baseline only adds tools for lost slices, which no encoder in use writes.
        H264Profile.ConstrainedBaseline or H264Profile.Baseline => 0,
        H264Profile.Main => 1,

        // Constrained High only lacks interlaced coding, which WebRTC does not carry.
        H264Profile.ConstrainedHigh or H264Profile.High => 2,
        _ => 3,
    };
}
