using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>H.264 (RFC 6184 8).</summary>
internal sealed class H264Rules : CodecRules
{
    /// <summary><see cref="Preference"/> of a payload type whose decoder may not play what we send.</summary>
    public const int IncompatibleProfile = 10;

    public override PayloadFormat Format => PayloadFormat.H264;

    public override string Name => "H264";

    public override int ClockRate => 90000;

    public override int Channels => 0;

    public override IReadOnlyList<string> Feedback { get; } = ["nack", "nack pli", "ccm fir"];

    /// <summary>Constrained Baseline at level 3.1: the form that every WebRTC endpoint takes (RFC 7742 6.2).</summary>
    public override string OfferParameters => "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f";

    /// <summary>Interleaved packets (mode 2) are what no WebRTC endpoint sends.</summary>
    public override bool Accepts(RtpCodec offered) => PacketizationMode(offered) is 0 or 1;

    public override int Preference(RtpCodec offered, MediaRole role, H264Profile sentProfile)
    {
        bool nonInterleaved = PacketizationMode(offered) == 1;
        if (role == MediaRole.Receive)
            return nonInterleaved ? 0 : 1;

        H264Profile? profile = Profile(offered);
        if (!Decodes(offered, sentProfile))
            return IncompatibleProfile;

        if (!nonInterleaved)
            return 2;

        if (profile == sentProfile)
            return 0;

        return profile is null || sentProfile.Decodes(profile.Value) ? 1 : 3;
    }

    /// <summary>The offered profile must come back unchanged (RFC 6184 8.2.2); some clients fail on any other value.</summary>
    public override string AnswerParameters(RtpCodec offered, MediaRole role) => offered.FormatParameters;

    /// <summary>
    /// Whether the decoder behind a payload type plays that profile. Without a profile the offer means the lowest one (RFC 6184
    /// 8.1); those who write none (GStreamer) decode all.
    /// </summary>
    public static bool Decodes(RtpCodec codec, H264Profile stream) => Profile(codec)?.Decodes(stream) ?? true;

    /// <summary>Whether pictures may be cut into fragments (packetization-mode 1), as they are: some who do not say so take them all the same.</summary>
    public static bool TakesFragments(RtpCodec codec) => PacketizationMode(codec) == 1;

    /// <summary>0 when absent, -1 for a value that is not a number.</summary>
    private static int PacketizationMode(RtpCodec codec)
    {
        if (!FormatParameters.TryGet(codec.FormatParameters, "packetization-mode", out ReadOnlySpan<char> value))
            return 0;

        return SdpText.TryReadNumber(value, 2, out uint mode) ? (int)mode : -1;
    }

    private static H264Profile? Profile(RtpCodec codec) =>
        FormatParameters.TryGet(codec.FormatParameters, "profile-level-id", out ReadOnlySpan<char> value)
        && H264Profiles.TryParse(value, out H264Profile profile)
            ? profile
            : null;
}
