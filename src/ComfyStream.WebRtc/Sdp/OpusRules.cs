using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>Opus (RFC 7587 7); the rtpmap says two channels whatever is sent, and GStreamer leaves them out.</summary>
internal sealed class OpusRules : CodecRules
{
    public override PayloadFormat Format => PayloadFormat.Opus;

    public override string Name => "opus";

    public override int ClockRate => 48000;

    public override int Channels => 2;

    public override IReadOnlyList<string> Feedback { get; } = [];

    public override string OfferParameters => "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1";

    public override bool Accepts(RtpCodec offered) => true;

    public override int Preference(RtpCodec offered, MediaRole role, H264Profile sentProfile) => 0;

    /// <summary>
    /// fmtp describes what its writer receives: as a receiver we ask for stereo, as a sender we echo what the viewer wants and
    /// say that stereo comes (sprop-stereo).
    /// </summary>
    public override string AnswerParameters(RtpCodec offered, MediaRole role)
    {
        if (role == MediaRole.Receive)
            return "minptime=10;useinbandfec=1;stereo=1";

        string parameters = offered.FormatParameters;
        parameters = FormatParameters.WithDefault(parameters, "minptime", "10");
        parameters = FormatParameters.WithDefault(parameters, "useinbandfec", "1");
        parameters = FormatParameters.WithDefault(parameters, "stereo", "1");
        return FormatParameters.WithDefault(parameters, "sprop-stereo", "1");
    }
}
