using System.Text;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.Fuzzing.Targets;

/// <summary>Answers of servers to our client's offer.</summary>
internal sealed class AnswerTarget : IFuzzTarget
{
    private readonly OfferOptions _options;
    private readonly SessionDescription _offer;

    public AnswerTarget()
    {
        using DtlsIdentity identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
        _options = new OfferOptions
        {
            Role = MediaRole.Send,
            Ice = new IceCredentials("client", "0123456789abcdef0123456789abcdef"),
            Fingerprint = identity.Fingerprint,
            Candidates = [],
            Identifiers = NegotiationIdentifiers.Create(),
        };
        _offer = Negotiator.CreateOffer(_options);
        var success = (NegotiationResult.Success)Negotiator.Answer(_offer.ToString(), new AnswerOptions
        {
            Role = MediaRole.Receive,
            Ice = new IceCredentials("server", "0123456789abcdef0123456789abcdef"),
            Fingerprint = identity.Fingerprint,
            Candidates = [],
            Identifiers = NegotiationIdentifiers.Create(),
        });
        Seeds = [Encoding.UTF8.GetBytes(success.AnswerSdp)];
    }

    public string Name => "answer";

    public IReadOnlyList<byte[]> Seeds { get; }

    public IReadOnlyList<byte[]> Words => SdpTarget.SdpWords;

    public bool Run(Span<byte> input)
    {
        switch (Negotiator.AcceptAnswer(_offer, _options, Encoding.UTF8.GetString(input)))
        {
            case NegotiationResult.Success success:
                FindingException.ThrowUnless(success.Session.Media.Count is 1 or 2, $"a session of {success.Session.Media.Count} sections");
                FindingException.ThrowUnless(success.Session.RemoteFingerprints.Count > 0, "a session without fingerprint");
                return true;
            case NegotiationResult.Failure failure:
                SdpTarget.CheckText(failure.Detail);
                return false;
            default:
                throw new FindingException("neither success nor failure");
        }
    }
}
