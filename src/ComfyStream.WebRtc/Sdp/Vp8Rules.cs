using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>VP8 (RFC 7741 6): every decoder takes every stream, so that there is nothing to agree on.</summary>
internal sealed class Vp8Rules : CodecRules
{
    public override PayloadFormat Format => PayloadFormat.Vp8;

    public override string Name => "VP8";

    public override int ClockRate => 90000;

    public override int Channels => 0;

    public override IReadOnlyList<string> Feedback { get; } = ["nack", "nack pli", "ccm fir"];

    public override string OfferParameters => "";

    public override bool Accepts(RtpCodec offered) => true;

    public override int Preference(RtpCodec offered, MediaRole role, H264Profile sentProfile) => 0;

    /// <summary>max-fs and max-fr say what their writer can decode (RFC 7741 6.1): we state no limit.</summary>
    public override string AnswerParameters(RtpCodec offered, MediaRole role) => "";
}
