using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>Makes the result of a section from the description that both sides now hold.</summary>
internal static class NegotiatedMediaFactory
{
    /// <param name="agreed">Our answer's section, or the peer's answer to ours: codecs, feedback and extensions are what was agreed.</param>
    /// <param name="remote">The peer's section, for its sources.</param>
    /// <param name="direction">Direction seen from us.</param>
    /// <param name="codecs">The agreed codecs, the first one is used.</param>
    /// <param name="identifiers">Our random values.</param>
    public static NegotiatedMedia Create(
        MediaDescription agreed, MediaDescription remote, MediaDirection direction, IReadOnlyList<RtpCodec> codecs, NegotiationIdentifiers identifiers)
    {
        MediaKind kind = agreed.Kind!.Value;
        bool HasFeedback(string value) => agreed.Feedback.Contains(new RtcpFeedback(codecs[0].PayloadType, value));
        return new NegotiatedMedia
        {
            Mid = agreed.Mid,
            Kind = kind,
            Send = direction.Sends(),
            Receive = direction.Receives(),
            Codec = codecs[0],
            Codecs = codecs,
            Extensions = CodecSelection.ToMap(agreed.Extensions),
            LocalSsrc = identifiers.Ssrc(kind),
            LocalRtxSsrc = direction.Sends() && RtxSelection.IsAgreed(codecs) ? identifiers.VideoRtxSsrc : null,
            Cname = identifiers.Cname,
            RemoteSsrc = direction.Receives() ? PrimarySsrc(remote) : null,
            Nack = HasFeedback("nack"),
            Pli = HasFeedback("nack pli"),
            Fir = HasFeedback("ccm fir"),
            ReducedSizeRtcp = agreed.ReducedSizeRtcp,
        };
    }

    /// <summary>The first source of the retransmission group (RFC 5576 4.2), else the first source named.</summary>
    private static uint? PrimarySsrc(MediaDescription remote)
    {
        foreach (SourceGroup group in remote.SourceGroups)
        {
            if (group.Semantics == SourceGroup.Retransmission && group.Ssrcs.Count > 0)
                return group.Ssrcs[0];
        }

        return remote.Sources.Count > 0 ? remote.Sources[0].Ssrc : null;
    }
}
