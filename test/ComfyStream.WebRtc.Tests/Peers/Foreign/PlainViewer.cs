using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.WebRtc.Tests.Peers.Foreign;

/// <summary>A viewer that takes what it is sent and says nothing of it.</summary>
internal sealed class PlainViewer : FullIcePeer
{
    public PlainViewer()
        : base("SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80")
    {
        Offer = Negotiator.CreateOffer(new OfferOptions
        {
            Role = MediaRole.Receive,
            Ice = LocalIce,
            Fingerprint = Fingerprint,
            Candidates = [],
            Identifiers = NegotiationIdentifiers.Create(),
        }).ToString();
    }

    public override string Offer { get; }
}
