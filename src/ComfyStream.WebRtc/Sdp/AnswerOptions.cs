using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>Our side of an answer.</summary>
public sealed record AnswerOptions
{
    /// <summary>Receive for WHIP, send for WHEP.</summary>
    public required MediaRole Role { get; init; }

    /// <summary>Our ICE credentials; the user fragment must be unique among living sessions.</summary>
    public required IceCredentials Ice { get; init; }

    /// <summary>SHA-256 fingerprint of our certificate.</summary>
    public required Fingerprint Fingerprint { get; init; }

    /// <summary>Our host candidates, at least one. The answer lists IPv4 UDP first, then IPv6 UDP, then TCP, each in the given order.</summary>
    public required IReadOnlyList<IceCandidate> Candidates { get; init; }

    /// <summary>The random values of the answer.</summary>
    public required NegotiationIdentifiers Identifiers { get; init; }

    /// <summary>Why there is no sound in this session, as a sentence; null when there is. Its section is then answered inactive.</summary>
    public string? AudioUnavailable { get; init; }

    /// <summary>Why there is no picture in this session, as a sentence; null when there is. Its section is then answered inactive.</summary>
    public string? VideoUnavailable { get; init; }

    /// <summary>The H.264 profile that will be sent; only used when sending.</summary>
    public H264Profile SentProfile { get; init; } = H264Profile.ConstrainedBaseline;

    /// <summary>
    /// The picture codecs of this session, most wanted first whatever the offer's order: when sending, what the stream can give;
    /// when receiving, what can be decoded or forwarded.
    /// </summary>
    public IReadOnlyList<PayloadFormat> VideoFormats { get; init; } = [PayloadFormat.H264];

    /// <summary>The codecs of that kind, most wanted first.</summary>
    internal IReadOnlyList<PayloadFormat> Formats(MediaKind kind) => kind == MediaKind.Audio ? [PayloadFormat.Opus] : VideoFormats;

    /// <summary>Why that kind is not in this session, or null.</summary>
    internal string? Unavailable(MediaKind kind) => kind == MediaKind.Audio ? AudioUnavailable : VideoUnavailable;
}
