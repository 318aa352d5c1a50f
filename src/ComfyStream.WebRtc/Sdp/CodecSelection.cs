using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>Chooses what stays of an offered section's payload types, feedback and header extensions.</summary>
internal static class CodecSelection
{
    /// <summary>The offered payload types that we take, the one to use first at the front, with the fmtp of our answer.</summary>
    public static IReadOnlyList<RtpCodec> Select(MediaDescription section, AnswerOptions options)
    {
        IReadOnlyList<PayloadFormat> formats = options.Formats(section.Kind!.Value);
        IEnumerable<RtpCodec> ordered =
            from codec in section.Codecs
            let rules = CodecRules.Find(section.Kind!.Value, codec)
            where rules is not null && formats.Contains(rules.Format) && rules.Accepts(codec)
            let preference = rules.Preference(codec, options.Role, options.SentProfile)

            // A codec that the viewer surely decodes goes before a form of a more wanted one that it may not.
            orderby preference == H264Rules.IncompatibleProfile, IndexOf(formats, rules.Format), preference
            select codec with
            {
                FormatParameters = rules.AnswerParameters(codec, options.Role),
                RtxPayloadType = RtxSelection.Find(section, codec),
            };
        return [.. ordered.Take(SdpLimits.MaxAnsweredCodecs)];
    }

    /// <summary>Whether the best that a viewer offers may not decode what we send.</summary>
    public static bool IsProfileIncompatible(RtpCodec chosen, H264Profile sentProfile) =>
        CodecRules.Find(MediaKind.Video, chosen) is H264Rules rules
        && rules.Preference(chosen, MediaRole.Send, sentProfile) == H264Rules.IncompatibleProfile;

    /// <summary>Feedback that was offered for these codecs, by payload type or for all, and that we act upon; nothing is added (RFC 4585 4.2).</summary>
    public static List<RtcpFeedback> SelectFeedback(MediaDescription offered, IReadOnlyList<RtpCodec> codecs)
    {
        var agreed = new List<RtcpFeedback>();
        foreach (RtpCodec codec in codecs)
        {
            CodecRules rules = CodecRules.Find(offered.Kind!.Value, codec)!;
            agreed.AddRange(
                from value in rules.Feedback
                where IsOffered(offered, codec, value)
                select new RtcpFeedback(codec.PayloadType, value));
        }

        return agreed;
    }

    /// <summary>Whether that feedback was offered for a codec, by payload type or for all.</summary>
    public static bool IsOffered(MediaDescription offered, RtpCodec codec, string feedback) =>
        offered.Feedback.Any(f => (f.PayloadType ?? codec.PayloadType) == codec.PayloadType && f.Value == feedback);

    /// <summary>Offered header extensions that we know, under the offered id, their direction turned round (RFC 8285 6).</summary>
    public static List<HeaderExtension> SelectExtensions(MediaDescription offered)
    {
        // One-byte ids only, and a mid that fits into an element of that form (RFC 8285 4.2).
        var agreed = offered.Extensions
            .Where(extension => extension is { Id: >= 1 and <= 14, Uri: HeaderExtensionMap.MidUri } && offered.Mid.Length is > 0 and <= 16)
            .Take(1);
        return [.. agreed.Select(extension => extension with { Direction = extension.Direction?.Reverse() })];
    }

    /// <summary>The same as the map that RTP parts use.</summary>
    public static HeaderExtensionMap ToMap(IReadOnlyList<HeaderExtension> extensions) =>
        extensions.Count == 0 ? HeaderExtensionMap.Empty : new HeaderExtensionMap { Mid = (byte)extensions[0].Id };

    private static int IndexOf(IReadOnlyList<PayloadFormat> formats, PayloadFormat format) => formats.TakeWhile(other => other != format).Count();
}
