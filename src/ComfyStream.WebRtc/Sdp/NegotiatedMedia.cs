using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>One accepted media section, seen from our side.</summary>
public sealed record NegotiatedMedia
{
    /// <summary>The section's mid (RFC 5888).</summary>
    public required string Mid { get; init; }

    /// <summary>Sound or picture.</summary>
    public required MediaKind Kind { get; init; }

    /// <summary>Whether we send (WHEP) or receive (WHIP); false with <see cref="Receive"/> false when answered inactive.</summary>
    public required bool Send { get; init; }

    /// <summary>Whether we receive.</summary>
    public required bool Receive { get; init; }

    /// <summary>The codec that is used first; for sending the only one.</summary>
    public required RtpCodec Codec { get; init; }

    /// <summary>All payload types that stayed in the answer (for receiving: whatever of them arrives is taken).</summary>
    public required IReadOnlyList<RtpCodec> Codecs { get; init; }

    /// <summary>Header extension ids.</summary>
    public required HeaderExtensionMap Extensions { get; init; }

    /// <summary>SSRC that we send with.</summary>
    public uint LocalSsrc { get; init; }

    /// <summary>RTCP CNAME that we send, the same for both kinds.</summary>
    public string Cname { get; init; } = "";

    /// <summary>SSRC that the peer announced for its primary stream, if it did.</summary>
    public uint? RemoteSsrc { get; init; }

    /// <summary>Generic NACK was negotiated (RFC 4585).</summary>
    public bool Nack { get; init; }

    /// <summary>Picture loss indication was negotiated (RFC 4585).</summary>
    public bool Pli { get; init; }

    /// <summary>Full intra request was negotiated (RFC 5104).</summary>
    public bool Fir { get; init; }

    /// <summary>Reduced-size RTCP was negotiated (RFC 5506).</summary>
    public bool ReducedSizeRtcp { get; init; }
}
