using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>Takes a server's answer to our own offer (RFC 3264 7).</summary>
internal sealed class AnswerReader(SessionDescription offer, OfferOptions options, RemoteDescription answer)
{
    private readonly List<NegotiatedMedia> _media = [];
    private readonly List<string> _notes = [];

    public NegotiationResult Read(string answerSdp)
    {
        if ((CheckSections() ?? TransportRules.FindViolation(answer) ?? CheckSetup()) is { } violation)
            return Unsupported(violation);

        foreach (MediaDescription section in answer.Sections)
        {
            if (ReadSection(section) is { } problem)
                return Unsupported(problem);
        }

        return new NegotiationResult.Success(answerSdp, CreateSession(), _notes);
    }

    private static NegotiationResult.Failure Unsupported(string detail) => new(NegotiationFailure.Unsupported, $"The server's answer cannot be used. {detail}");

    private string? CheckSections()
    {
        List<MediaDescription> answered = answer.Description.Media;
        if (answered.Count != offer.Media.Count)
            return $"It has {answered.Count} media sections, the offer had {offer.Media.Count}.";

        for (int i = 0; i < answered.Count; i++)
        {
            MediaDescription offered = offer.Media[i];
            if (answered[i].Type != offered.Type || (answered[i].Mid != offered.Mid && !answered[i].IsDisabled))
                return $"{answered[i]} stands where the offer had {offered}.";

            if (answered[i].IsDisabled)
                _notes.Add($"The server rejected {offered}.");
        }

        return answer.Sections.Count == 0 ? "It rejects all media." : null;
    }

    private string? CheckSetup() => answer.Transport.Setup == "actpass" ? "a=setup:actpass is for offers; an answer says active or passive (RFC 5763 5)." : null;

    private string? ReadSection(MediaDescription section)
    {
        MediaDescription offered = offer.Media[section.Index];
        RtpCodec[] codecs =
        [
            .. section.Codecs
                .Where(codec => codec.Format is not null && offered.Codecs.Any(ours => IsSame(ours, codec)))
                .Select(codec => codec with { RtxPayloadType = RtxSelection.FindAnswered(offered, section, codec) }),
        ];
        if (codecs.Length == 0)
            return $"{section} has none of the offered codecs ({string.Join(", ", offered.Codecs.Where(ours => ours.Format is not null).Select(ours => ours.Name))}).";

        MediaDirection direction = offered.Direction!.Value & answer.DirectionOf(section).Reverse();
        if (direction == MediaDirection.Inactive)
            _notes.Add($"The server answered {section} {answer.DirectionOf(section).ToSdp()}: nothing goes over it.");

        _media.Add(NegotiatedMediaFactory.Create(CreateAgreed(section, codecs), section, direction, codecs, options.Identifiers));
        return null;
    }

    private static bool IsSame(RtpCodec ours, RtpCodec answered) =>
        ours.PayloadType == answered.PayloadType && ours.ClockRate == answered.ClockRate && ours.Is(answered.Name);

    /// <summary>The answered section without what we cannot do.</summary>
    private static MediaDescription CreateAgreed(MediaDescription section, RtpCodec[] codecs) => new()
    {
        Index = section.Index,
        Type = section.Type,
        Port = section.Port,
        Protocol = section.Protocol,
        Formats = section.Formats,
        Mid = section.Mid,
        Codecs = codecs,
        Feedback = CodecSelection.SelectFeedback(section, codecs),
        Extensions = CodecSelection.SelectExtensions(section),
        ReducedSizeRtcp = section.ReducedSizeRtcp,
    };

    private NegotiatedSession CreateSession() => new()
    {
        LocalIce = options.Ice,
        RemoteIce = new IceCredentials(answer.Transport.UserFragment!, answer.Transport.Password!),
        IceRole = IceRole.FullControlling,
        RemoteCandidates = answer.Transport.Candidates,
        DtlsRole = answer.Transport.Setup == "active" ? DtlsRole.Server : DtlsRole.Client,
        RemoteFingerprints = answer.Transport.Fingerprints,
        Media = _media,
    };
}
