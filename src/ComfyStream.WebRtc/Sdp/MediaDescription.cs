using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>One m= section of a <see cref="SessionDescription"/>.</summary>
internal sealed class MediaDescription
{
    /// <summary>Position in the description, from 0.</summary>
    public required int Index { get; init; }

    /// <summary>First word of the m= line: "audio", "video", "application".</summary>
    public required string Type { get; init; }

    public required int Port { get; init; }

    /// <summary>Transport protocol as written, "UDP/TLS/RTP/SAVPF".</summary>
    public required string Protocol { get; init; }

    /// <summary>The format words as written; payload types for RTP.</summary>
    public required IReadOnlyList<string> Formats { get; init; }

    /// <summary>"" when there is none.</summary>
    public string Mid { get; set; } = "";

    public bool BundleOnly { get; set; }

    /// <summary>Direction of this section; null takes the session's.</summary>
    public MediaDirection? Direction { get; set; }

    /// <summary>Codecs in the order of the m= line, for payload types that have an rtpmap or are static.</summary>
    public IReadOnlyList<RtpCodec> Codecs { get; set; } = [];

    public List<RtcpFeedback> Feedback { get; init; } = [];

    public List<HeaderExtension> Extensions { get; init; } = [];

    public List<MediaStreamId> StreamIds { get; init; } = [];

    public List<SourceAttribute> Sources { get; init; } = [];

    public List<SourceGroup> SourceGroups { get; init; } = [];

    public bool ReducedSizeRtcp { get; set; }

    public bool RtcpMuxOnly { get; set; }

    public bool ExtmapAllowMixed { get; set; }

    public TransportDescription Transport { get; init; } = new();

    /// <summary>Sound or picture; null for anything else.</summary>
    public MediaKind? Kind => Type switch
    {
        "audio" => MediaKind.Audio,
        "video" => MediaKind.Video,
        _ => null,
    };

    /// <summary>Whether the section carries RTP.</summary>
    public bool IsRtp => Protocol.Contains("RTP/", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the section is switched off: port 0, unless it only waits for its bundle (RFC 9143 6).</summary>
    public bool IsDisabled => Port == 0 && !BundleOnly;

    /// <summary>The section as a message names it.</summary>
    public override string ToString() =>
        Mid.Length == 0 ? $"section {Index + 1} ({Type})" : $"section {Index + 1} ({Type}, mid {SdpText.Quote(Mid)})";
}

/// <summary><c>a=rtcp-fb</c> (RFC 4585 4.2).</summary>
/// <param name="PayloadType">Payload type, null for <c>*</c>.</param>
/// <param name="Value">What comes after it: "nack pli".</param>
internal readonly record struct RtcpFeedback(byte? PayloadType, string Value);

/// <summary><c>a=extmap</c> (RFC 8285 5).</summary>
/// <param name="Id">Id, 1 to 14 in the one-byte form.</param>
/// <param name="Direction">Direction suffix, null when there is none.</param>
/// <param name="Uri">Name of the extension.</param>
internal readonly record struct HeaderExtension(int Id, MediaDirection? Direction, string Uri);

/// <summary><c>a=msid</c> (RFC 8830).</summary>
/// <param name="Stream">MediaStream id, "-" for none.</param>
/// <param name="Track">Track id, may be "".</param>
internal readonly record struct MediaStreamId(string Stream, string Track);

/// <summary><c>a=ssrc</c> (RFC 5576 4.1).</summary>
/// <param name="Ssrc">The source.</param>
/// <param name="Attribute">Attribute with its value: "cname:x".</param>
internal readonly record struct SourceAttribute(uint Ssrc, string Attribute);

/// <summary><c>a=ssrc-group</c> (RFC 5576 4.2).</summary>
/// <param name="Semantics">"FID", "SIM".</param>
/// <param name="Ssrcs">The sources, primary first.</param>
internal readonly record struct SourceGroup(string Semantics, IReadOnlyList<uint> Ssrcs)
{
    /// <summary>Semantics of a source and its retransmissions (RFC 4588 8.8).</summary>
    public const string Retransmission = "FID";
}
