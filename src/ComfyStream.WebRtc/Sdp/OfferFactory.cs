using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>Makes the offer of our own client: one bundle of at most one audio and one video section, full ICE, all candidates inside.</summary>
internal static class OfferFactory
{
    private const int FirstPayloadType = 96;
    private const int FirstRtxPayloadType = 106;
    private const int MidExtensionId = 1;

    public static SessionDescription Create(OfferOptions options)
    {
        SessionDescription offer = LocalDescription.CreateSession(options.Identifiers);
        offer.Transport.IceOptions.Add("ice2");
        if (options.Audio)
            offer.Media.Add(CreateSection(options, MediaKind.Audio, offer.Media.Count));

        if (options.Video)
            offer.Media.Add(CreateSection(options, MediaKind.Video, offer.Media.Count));

        offer.BundleGroups.Add([.. offer.Media.Select(section => section.Mid)]);
        return offer;
    }

    private static MediaDescription CreateSection(OfferOptions options, MediaKind kind, int index)
    {
        RtpCodec[] codecs = [.. CreateCodecs(options.Formats(kind))];
        IReadOnlyList<RtpCodec> payloadTypes = RtxSelection.Expand(codecs);
        var section = new MediaDescription
        {
            Index = index,
            Type = kind == MediaKind.Audio ? "audio" : "video",
            Port = 9,
            Protocol = "UDP/TLS/RTP/SAVPF",
            Formats = [.. payloadTypes.Select(codec => codec.PayloadType.ToString())],
            Mid = index.ToString(),
            Direction = options.Role == MediaRole.Send ? MediaDirection.SendOnly : MediaDirection.RecvOnly,
            Codecs = payloadTypes,
            Feedback = [.. from codec in codecs
                           from value in CodecRules.Find(codec.Format!.Value).Feedback
                           select new RtcpFeedback(codec.PayloadType, value)],
            Extensions = [new HeaderExtension(MidExtensionId, null, HeaderExtensionMap.MidUri)],
            ReducedSizeRtcp = true,
            RtcpMuxOnly = true,

            // In every section: some servers read the first one's candidates, others those of the bundle's first mid.
            Transport = LocalDescription.CreateTransport(options.Ice, options.Fingerprint, "actpass", options.Candidates),
        };
        if (options.Role == MediaRole.Send)
            LocalDescription.AddSource(section, options.Identifiers, RtxSelection.IsAgreed(codecs));

        return section;
    }

    /// <summary>Payload types are numbered over both kinds, since a bundle tells its sections apart by them.</summary>
    private static IEnumerable<RtpCodec> CreateCodecs(IReadOnlyList<PayloadFormat> formats)
    {
        foreach (PayloadFormat format in formats)
        {
            CodecRules rules = CodecRules.Find(format);
            yield return new RtpCodec((byte)(FirstPayloadType + (int)format), rules.Name, rules.ClockRate, rules.Channels, rules.OfferParameters)
            {
                RtxPayloadType = rules.Feedback.Contains(RtxSelection.Feedback) ? (byte)(FirstRtxPayloadType + (int)format) : null,
            };
        }
    }
}
