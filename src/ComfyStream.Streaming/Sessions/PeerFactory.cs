using System.Buffers.Text;
using System.Security.Cryptography;
using ComfyStream.Streaming.Addresses;
using ComfyStream.Streaming.Streams;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.Streaming.Sessions;

/// <summary>Answers offers: negotiates, and makes the peer on the event loop with the fewest peers. Thread-safe.</summary>
internal sealed class PeerFactory
{
    private readonly IReadOnlyList<EventLoop> _loops;
    private readonly AnnouncedCandidates _candidates;
    private readonly DtlsCertificate _certificate;
    private readonly PeerOptions _options;
    private int _turn;

    public PeerFactory(IReadOnlyList<EventLoop> loops, AnnouncedCandidates candidates, DtlsCertificate certificate, PeerOptions options)
    {
        _loops = loops;
        _certificate = certificate;
        _candidates = candidates;
        _options = options with { NtpEpoch = EventLoop.NtpEpoch };
    }

    /// <summary>Answers an offer. On success the caller owns the peer, which is on no loop yet.</summary>
    /// <param name="offerSdp">The offer.</param>
    /// <param name="role">Whether we receive (WHIP) or send (WHEP).</param>
    /// <param name="videoUnavailable">Why there is no picture, or null.</param>
    /// <param name="audioUnavailable">Why there is no sound, or null.</param>
    /// <param name="sent">What a viewer is going to be sent, if that is known.</param>
    public (NegotiatedPeer? Peer, SessionResult? Refusal) Answer(
        string offerSdp, MediaRole role, string? videoUnavailable = null, string? audioUnavailable = null, VideoFormat? sent = null)
    {
        if (!SdpReader.TryParse(offerSdp, out SessionDescription? offer, out string problem))
            return (null, new SessionResult(SessionOutcome.MalformedOffer, "", "", $"Invalid SDP offer: {problem}"));

        using DtlsIdentity? identity = _certificate.Take();
        if (identity is null)
        {
            // The offer came in before the relay began to end, and is answered after.
            return (null, new SessionResult(SessionOutcome.Overloaded, "", "", "The relay is shutting down."));
        }

        int index = LeastLoaded();
        NegotiationResult result = Negotiator.Answer(offer, new AnswerOptions
        {
            Role = role,
            Ice = IceCredentials.Create(index),
            Fingerprint = identity.Fingerprint,
            Candidates = _candidates.Of(index),
            Identifiers = NegotiationIdentifiers.Create(),
            AudioUnavailable = audioUnavailable,
            VideoUnavailable = videoUnavailable,
            VideoFormats = sent?.Codec == PayloadFormat.Vp8 ? [PayloadFormat.Vp8, PayloadFormat.H264] : [PayloadFormat.H264, PayloadFormat.Vp8],
            SentProfile = sent?.Profile ?? H264Profile.ConstrainedBaseline,
        });
        if (result is not NegotiationResult.Success success)
        {
            var failure = (NegotiationResult.Failure)result;
            SessionOutcome outcome = failure.Reason == NegotiationFailure.Malformed ? SessionOutcome.MalformedOffer : SessionOutcome.Unsupported;
            return (null, new SessionResult(outcome, "", "", failure.Detail));
        }

        var peer = new PeerConnection(success.Session, identity, _options, EventLoop.Now);
        return (new NegotiatedPeer(NewId(), _loops[index], peer, () => _candidates.Of(index), success.AnswerSdp, success.Notes), null);
    }

    private static string NewId() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    // A peer is counted only once it is on its loop: those who come at the same moment take the loops in turn.
    private int LeastLoaded()
    {
        int first = (int)((uint)Interlocked.Increment(ref _turn) % (uint)_loops.Count);
        int best = first;
        for (int i = 1; i < _loops.Count; i++)
        {
            int next = (first + i) % _loops.Count;
            if (_loops[next].Counters.Peers < _loops[best].Counters.Peers)
                best = next;
        }

        return best;
    }
}

/// <summary>A peer made for an accepted offer, and our candidates for it as they are now.</summary>
internal sealed record NegotiatedPeer(
    string Id, EventLoop Loop, PeerConnection Peer, Func<IReadOnlyList<IceCandidate>> Candidates, string AnswerSdp, IReadOnlyList<string> Notes);
