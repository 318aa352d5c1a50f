namespace ComfyStream.WebRtc.Sdp;

/// <summary>
/// Offer and answer as WHIP and WHEP use them (RFC 3264, RFC 9429, RFC 9725): one exchange, one bundle, one transport. Pure
/// functions; all randomness is passed in.
/// </summary>
public static class Negotiator
{
    /// <summary>Answers an offer as text, as the ICE-lite server.</summary>
    public static NegotiationResult Answer(ReadOnlySpan<char> offerSdp, AnswerOptions options) =>
        SdpReader.TryParse(offerSdp, out SessionDescription? offer, out string problem)
            ? Answer(offer, options)
            : new NegotiationResult.Failure(NegotiationFailure.Malformed, problem);

    /// <summary>Answers an offer, as the ICE-lite server.</summary>
    public static NegotiationResult Answer(SessionDescription offer, AnswerOptions options)
    {
        var remote = new RemoteDescription(offer);
        return OfferRules.FindViolation(remote, options.Role) is { } violation
            ? new NegotiationResult.Failure(NegotiationFailure.Unsupported, violation)
            : new AnswerBuilder(remote, options).Build();
    }

    /// <summary>Makes the offer of a WHIP or WHEP client, which is the full and controlling ICE agent.</summary>
    public static SessionDescription CreateOffer(OfferOptions options) => OfferFactory.Create(options);

    /// <summary>Takes the answer to an offer that <see cref="CreateOffer"/> made with the same options.</summary>
    public static NegotiationResult AcceptAnswer(SessionDescription offer, OfferOptions options, string answerSdp) =>
        SdpReader.TryParse(answerSdp, out SessionDescription? answer, out string problem)
            ? new AnswerReader(offer, options, new RemoteDescription(answer)).Read(answerSdp)
            : new NegotiationResult.Failure(NegotiationFailure.Malformed, $"The server's answer cannot be read. {problem}");
}
