using System.Globalization;
using System.Text;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>Writes a <see cref="SessionDescription"/> with CRLF line ends, in the order in which browsers write it.</summary>
internal static class SdpWriter
{
    private const string LineEnd = "\r\n";

    public static string Write(SessionDescription session)
    {
        var text = new StringBuilder(4096);
        Line(text, "v=0");
        Line(text, $"o={session.Origin}");
        Line(text, $"s={session.Name}");
        Line(text, "t=0 0");
        foreach (IReadOnlyList<string> mids in session.BundleGroups)
            Line(text, $"a=group:BUNDLE {string.Join(' ', mids)}");

        Flag(text, "extmap-allow-mixed", session.ExtmapAllowMixed);
        Value(text, "msid-semantic", session.MsidSemantic is null ? null : $" {session.MsidSemantic}");
        Flag(text, "ice-lite", session.IceLite);
        WriteTransport(text, session.Transport);
        foreach (MediaDescription media in session.Media)
            WriteMedia(text, media);

        return text.ToString();
    }

    /// <summary>The m= line of a section.</summary>
    public static string MediaLine(MediaDescription media) =>
        $"m={media.Type} {media.Port} {media.Protocol} {string.Join(' ', media.Formats)}";

    private static void WriteMedia(StringBuilder text, MediaDescription media)
    {
        Line(text, MediaLine(media));
        Line(text, "c=IN IP4 0.0.0.0");
        if (media.IsRtp && !media.IsDisabled)
            Line(text, "a=rtcp:9 IN IP4 0.0.0.0");

        WriteTransport(text, media.Transport);
        Value(text, "mid", media.Mid.Length == 0 ? null : media.Mid);
        Flag(text, "bundle-only", media.BundleOnly);
        Flag(text, "extmap-allow-mixed", media.ExtmapAllowMixed);
        foreach (HeaderExtension extension in media.Extensions)
            Line(text, $"a=extmap:{extension.Id}{(extension.Direction is { } d ? "/" + d.ToSdp() : "")} {extension.Uri}");

        if (media.Direction is { } direction)
            Line(text, $"a={direction.ToSdp()}");

        foreach (MediaStreamId id in media.StreamIds)
            Line(text, id.Track.Length == 0 ? $"a=msid:{id.Stream}" : $"a=msid:{id.Stream} {id.Track}");

        Flag(text, "rtcp-mux", media.Transport.RtcpMux);
        Flag(text, "rtcp-mux-only", media.RtcpMuxOnly);
        Flag(text, "rtcp-rsize", media.ReducedSizeRtcp);
        WriteCodecs(text, media);
        WriteSources(text, media);
        WriteCandidates(text, media.Transport);
    }

    private static void WriteTransport(StringBuilder text, TransportDescription transport)
    {
        Value(text, "ice-ufrag", transport.UserFragment);
        Value(text, "ice-pwd", transport.Password);
        Value(text, "ice-options", transport.IceOptions.Count == 0 ? null : string.Join(' ', transport.IceOptions));
        foreach (Fingerprint fingerprint in transport.Fingerprints)
            Value(text, "fingerprint", fingerprint.ToString());

        Value(text, "setup", transport.Setup);
    }

    private static void WriteCodecs(StringBuilder text, MediaDescription media)
    {
        foreach (RtpCodec codec in media.Codecs)
        {
            string channels = codec.Channels > 1 ? "/" + codec.Channels.ToString(CultureInfo.InvariantCulture) : "";
            Line(text, $"a=rtpmap:{codec.PayloadType} {codec.Name}/{codec.ClockRate}{channels}");
            foreach (RtcpFeedback feedback in media.Feedback)
            {
                if (feedback.PayloadType == codec.PayloadType)
                    Line(text, $"a=rtcp-fb:{codec.PayloadType} {feedback.Value}");
            }

            if (codec.FormatParameters.Length > 0)
                Line(text, $"a=fmtp:{codec.PayloadType} {codec.FormatParameters}");
        }
    }

    private static void WriteSources(StringBuilder text, MediaDescription media)
    {
        foreach (SourceGroup group in media.SourceGroups)
            Line(text, $"a=ssrc-group:{group.Semantics} {string.Join(' ', group.Ssrcs)}");

        foreach (SourceAttribute source in media.Sources)
            Line(text, $"a=ssrc:{source.Ssrc} {source.Attribute}");
    }

    private static void WriteCandidates(StringBuilder text, TransportDescription transport)
    {
        foreach (IceCandidate candidate in transport.Candidates)
            Line(text, $"a=candidate:{CandidateAttribute.Format(candidate)}");

        Flag(text, "end-of-candidates", transport.EndOfCandidates);
    }

    private static void Line(StringBuilder text, string line) => text.Append(line).Append(LineEnd);

    private static void Flag(StringBuilder text, string name, bool set)
    {
        if (set)
            text.Append("a=").Append(name).Append(LineEnd);
    }

    private static void Value(StringBuilder text, string name, string? value)
    {
        if (value is not null)
            text.Append("a=").Append(name).Append(':').Append(value).Append(LineEnd);
    }
}
