using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>The parts that our offers and our answers have in common.</summary>
internal static class LocalDescription
{
    public static SessionDescription CreateSession(NegotiationIdentifiers identifiers) => new()
    {
        Origin = $"- {identifiers.SessionId} 1 IN IP4 127.0.0.1",
        MsidSemantic = "WMS *",
    };

    /// <summary>The transport of one section. Candidates come once, with the mark that there are no more: we do not trickle.</summary>
    public static TransportDescription CreateTransport(
        IceCredentials ice, Fingerprint fingerprint, string setup, IReadOnlyList<IceCandidate> candidates) => new()
        {
            UserFragment = ice.UserFragment,
            Password = ice.Password,
            Fingerprints = [fingerprint],
            Setup = setup,
            Candidates = [.. candidates.OrderBy(CandidateOrder)],
            EndOfCandidates = candidates.Count > 0,
            RtcpMux = true,
        };

    /// <summary>Names the stream that we send: browsers give a page the MediaStream of a=msid, aiortc finds the sender by a=ssrc.</summary>
    /// <param name="section">The section that sends.</param>
    /// <param name="identifiers">Our random values.</param>
    /// <param name="withRtx">
    /// Whether retransmissions have a source too. Announced as its FID group (RFC 5576 4.2): receivers that find sources by SSRC
    /// only, as Firefox and aiortc do, would drop them otherwise.
    /// </param>
    public static void AddSource(MediaDescription section, NegotiationIdentifiers identifiers, bool withRtx)
    {
        uint ssrc = identifiers.Ssrc(section.Kind!.Value);
        section.StreamIds.Add(new MediaStreamId(identifiers.StreamId, section.Type));
        if (withRtx)
            section.SourceGroups.Add(new SourceGroup(SourceGroup.Retransmission, [ssrc, identifiers.VideoRtxSsrc]));

        foreach (uint source in withRtx ? (uint[])[ssrc, identifiers.VideoRtxSsrc] : [ssrc])
        {
            section.Sources.Add(new SourceAttribute(source, $"cname:{identifiers.Cname}"));
            section.Sources.Add(new SourceAttribute(source, $"msid:{identifiers.StreamId} {section.Type}"));
        }
    }

    /// <summary>FFmpeg only looks at the first UDP host candidate and may have no IPv6.</summary>
    public static int CandidateOrder(IceCandidate candidate) => candidate switch
    {
        { IsTcp: true } => 2,
        { Address.IsIPv4: true } => 0,
        _ => 1,
    };
}
