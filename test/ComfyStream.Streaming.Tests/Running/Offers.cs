using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.Streaming.Tests.Running;

/// <summary>Offers of clients that never come.</summary>
internal static class Offers
{
    private static readonly Fingerprint SomeFingerprint = MakeFingerprint();

    public static string Make(MediaKind? only, bool publishes) => Negotiator.CreateOffer(new OfferOptions
    {
        Role = publishes ? MediaRole.Send : MediaRole.Receive,
        Ice = IceCredentials.Create(),
        Fingerprint = SomeFingerprint,
        Candidates = [],
        Identifiers = NegotiationIdentifiers.Create(),
        Audio = only is null or MediaKind.Audio,
        Video = only is null or MediaKind.Video,
    }).ToString();

    private static Fingerprint MakeFingerprint()
    {
        using DtlsIdentity identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
        return identity.Fingerprint;
    }
}
