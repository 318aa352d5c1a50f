namespace ComfyStream.WebRtc.Sdp;

/// <summary>
/// What an offer must keep for us to answer it (RFC 9725 4.4, WHEP the same). Each rule returns what is wrong and what to do,
/// or null; the first one broken refuses the whole offer.
/// </summary>
internal static class OfferRules
{
    private static readonly Rule[] s_rules =
    [
        CheckHasMedia,
        CheckOneOfEachKind,
        CheckDirections,
        CheckOneStream,
        CheckNotIceLite,
        static (offer, _) => TransportRules.FindViolation(offer),
    ];

    private delegate string? Rule(RemoteDescription offer, MediaRole role);

    public static string? FindViolation(RemoteDescription offer, MediaRole role)
    {
        foreach (Rule rule in s_rules)
        {
            if (rule(offer, role) is { } violation)
                return violation;
        }

        return null;
    }

    private static string? CheckHasMedia(RemoteDescription offer, MediaRole role) =>
        offer.Sections.Count == 0 ? "The offer has no audio or video section that is switched on." : null;

    private static string? CheckOneOfEachKind(RemoteDescription offer, MediaRole role)
    {
        MediaDescription? second = offer.Sections.GroupBy(section => section.Kind).FirstOrDefault(kind => kind.Count() > 1)?.ElementAt(1);
        return second is null
            ? null
            : $"{second} is one {second.Type} section too many: offer at most one audio and one video section (RFC 9725 4.4).";
    }

    private static string? CheckDirections(RemoteDescription offer, MediaRole role)
    {
        foreach (MediaDescription section in offer.Sections)
        {
            MediaDirection direction = offer.DirectionOf(section);
            if (role == MediaRole.Receive && !direction.Sends())
                return $"{section} is {direction.ToSdp()}: a publisher offers sendonly or sendrecv.";

            if (role == MediaRole.Send && !direction.Receives())
                return $"{section} is {direction.ToSdp()}: a viewer offers recvonly or sendrecv.";
        }

        return null;
    }

    /// <summary>Sound and picture of a publisher belong to one MediaStream; encoders that name none are fine.</summary>
    private static string? CheckOneStream(RemoteDescription offer, MediaRole role)
    {
        string[] streams = [.. offer.Sections.SelectMany(section => section.StreamIds).Select(id => id.Stream).Where(id => id != "-").Distinct()];
        return role == MediaRole.Receive && streams.Length > 1
            ? $"The tracks are in {streams.Length} MediaStreams (a=msid): put sound and picture into one (RFC 9725 4.4.2)."
            : null;
    }

    /// <summary>Two lite agents would wait for each other's checks for ever (RFC 8445 6.1.1).</summary>
    private static string? CheckNotIceLite(RemoteDescription offer, MediaRole role) =>
        offer.Description.IceLite ? "The offer is ICE-lite, and so is this server: one side must be a full ICE agent." : null;
}
