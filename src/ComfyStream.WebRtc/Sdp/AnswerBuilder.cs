using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>Answers an offer that keeps <see cref="OfferRules"/>, section by section in the offer's order (RFC 9429 5.3.1).</summary>
internal sealed class AnswerBuilder
{
    private readonly RemoteDescription _offer;
    private readonly AnswerOptions _options;
    private readonly DtlsRole _dtlsRole;
    private readonly SessionDescription _answer;
    private readonly List<NegotiatedMedia> _media = [];
    private readonly List<string> _notes = [];

    public AnswerBuilder(RemoteDescription offer, AnswerOptions options)
    {
        _offer = offer;
        _options = options;

        // Waiting for the peer's ClientHello saves a handshake in the client role; FFmpeg, which is passive, leaves no choice.
        _dtlsRole = offer.Transport.Setup == "passive" ? DtlsRole.Client : DtlsRole.Server;
        _answer = LocalDescription.CreateSession(options.Identifiers);
    }

    public NegotiationResult Build()
    {
        foreach (MediaDescription offered in _offer.Description.Media)
        {
            string? violation = null;
            if (_offer.Sections.Contains(offered))
                violation = Accept(offered);
            else
                Reject(offered);

            if (violation is not null)
                return new NegotiationResult.Failure(NegotiationFailure.Unsupported, violation);
        }

        CompleteSession();
        return new NegotiationResult.Success(_answer.ToString(), CreateSession(), _notes);
    }

    /// <summary>Returns what is wrong: one section that cannot be served refuses the whole offer (RFC 9725 4.4.3).</summary>
    private string? Accept(MediaDescription offered)
    {
        IReadOnlyList<RtpCodec> codecs = CodecSelection.Select(offered, _options);
        if (FindCodecProblem(offered, codecs) is { } problem)
            return problem;

        MediaDirection direction = ChooseDirection(offered);
        MediaDescription section = CreateSection(offered, codecs, direction);
        _answer.Media.Add(section);
        _media.Add(NegotiatedMediaFactory.Create(section, offered, direction, codecs, _options.Identifiers));
        if (direction.Sends() && CodecSelection.IsProfileIncompatible(codecs[0], _options.SentProfile))
            _notes.Add($"The viewer offers no H.264 profile that plays {_options.SentProfile}; it may show no picture.");

        return null;
    }

    private string? FindCodecProblem(MediaDescription offered, IReadOnlyList<RtpCodec> codecs)
    {
        if (codecs.Count == 0)
        {
            string names = string.Join(", ", offered.Codecs.Select(codec => codec.Name).Distinct(StringComparer.OrdinalIgnoreCase).Take(20).Select(name => SdpText.Quote(name)));
            IReadOnlyList<PayloadFormat> formats = _options.Formats(offered.Kind!.Value);
            return $"{offered} offers {(names.Length == 0 ? "no codec with an rtpmap" : names)}; this server takes {CodecRules.Names(formats)}. Offer {(formats.Count == 1 ? "that codec" : "one of them")}.";
        }

        // In a bundle the payload type tells the sections apart (RFC 9143 9.2).
        RtpCodec? clash = RtxSelection.Expand(codecs)
            .FirstOrDefault(codec => _answer.Media.Any(other => other.Codecs.Any(taken => taken.PayloadType == codec.PayloadType)));
        return clash is null ? null : $"{offered} gives payload type {clash.PayloadType} to {clash.Name}, but another section of the bundle uses it too.";
    }

    private MediaDirection ChooseDirection(MediaDescription offered)
    {
        if (_options.Unavailable(offered.Kind!.Value) is not { } reason)
            return _options.Role == MediaRole.Send ? MediaDirection.SendOnly : MediaDirection.RecvOnly;

        _notes.Add($"{offered} is answered inactive: {reason}");
        return MediaDirection.Inactive;
    }

    private MediaDescription CreateSection(MediaDescription offered, IReadOnlyList<RtpCodec> codecs, MediaDirection direction)
    {
        IReadOnlyList<RtpCodec> payloadTypes = RtxSelection.Expand(codecs);
        var section = new MediaDescription
        {
            Index = offered.Index,
            Type = offered.Type,
            Port = 9,
            Protocol = offered.Protocol,
            Formats = [.. payloadTypes.Select(codec => codec.PayloadType.ToString())],
            Mid = offered.Mid,
            Direction = direction,
            Codecs = payloadTypes,
            Feedback = CodecSelection.SelectFeedback(offered, codecs),
            Extensions = CodecSelection.SelectExtensions(offered),
            ExtmapAllowMixed = offered.ExtmapAllowMixed,
            ReducedSizeRtcp = offered.ReducedSizeRtcp,
            RtcpMuxOnly = true,
            Transport = LocalDescription.CreateTransport(_options.Ice, _options.Fingerprint, Setup, _media.Count == 0 ? _options.Candidates : []),
        };
        if (direction.Sends())
            LocalDescription.AddSource(section, _options.Identifiers, RtxSelection.IsAgreed(codecs));

        return section;
    }

    /// <summary>Port 0 (RFC 3264 6), in its place so that the sections keep their order. aiortc wants transport attributes even here.</summary>
    private void Reject(MediaDescription offered)
    {
        _answer.Media.Add(new MediaDescription
        {
            Index = offered.Index,
            Type = offered.Type,
            Port = 0,
            Protocol = offered.Protocol,
            Formats = [offered.Formats[0]],
            Mid = offered.Mid,
            Direction = MediaDirection.Inactive,
            Transport = new TransportDescription { UserFragment = _options.Ice.UserFragment, Password = _options.Ice.Password, Setup = Setup },
        });
        if (offered.Kind is null)
            _notes.Add($"{offered} is rejected: only audio and video are served.");
    }

    private string Setup => _dtlsRole == DtlsRole.Client ? "active" : "passive";

    private void CompleteSession()
    {
        _answer.ExtmapAllowMixed = _offer.Description.ExtmapAllowMixed;
        _answer.IceLite = true;
        _answer.Transport.IceOptions.AddRange(["trickle", "ice2"]);
        if (_offer.IsBundled)
            _answer.BundleGroups.Add([.. _offer.Sections.Select(section => section.Mid)]);
    }

    private NegotiatedSession CreateSession() => new()
    {
        LocalIce = _options.Ice,
        RemoteIce = new IceCredentials(_offer.Transport.UserFragment!, _offer.Transport.Password!),
        IceRole = IceRole.LiteControlled,
        RemoteCandidates = _offer.Transport.Candidates,
        RemoteIceOptions = _offer.Transport.IceOptions,
        RemoteIcePacing = _offer.Description.IcePacing,
        FragmentHead = IceFragmentWriter.Head(_answer),
        DtlsRole = _dtlsRole,
        RemoteFingerprints = _offer.Transport.Fingerprints,
        Media = _media,
    };
}
