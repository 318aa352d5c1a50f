using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>Our side of an offer: a WHIP or WHEP client.</summary>
public sealed record OfferOptions
{
    /// <summary>Send for a publisher, receive for a viewer.</summary>
    public required MediaRole Role { get; init; }

    /// <summary>Our ICE credentials.</summary>
    public required IceCredentials Ice { get; init; }

    /// <summary>SHA-256 fingerprint of our certificate.</summary>
    public required Fingerprint Fingerprint { get; init; }

    /// <summary>Our host candidates.</summary>
    public required IReadOnlyList<IceCandidate> Candidates { get; init; }

    /// <summary>The random values of the offer.</summary>
    public required NegotiationIdentifiers Identifiers { get; init; }

    /// <summary>Whether to offer sound.</summary>
    public bool Audio { get; init; } = true;

    /// <summary>Whether to offer a picture.</summary>
    public bool Video { get; init; } = true;

    /// <summary>The picture codecs to offer, most wanted first.</summary>
    public IReadOnlyList<PayloadFormat> VideoFormats { get; init; } = [PayloadFormat.H264];

    /// <summary>The codecs of that kind, most wanted first.</summary>
    internal IReadOnlyList<PayloadFormat> Formats(MediaKind kind) => kind == MediaKind.Audio ? [PayloadFormat.Opus] : VideoFormats;
}
