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

    /// <summary>The codec that is used first.</summary>
    public required RtpCodec Codec { get; init; }

    /// <summary>
    /// The payload types that stayed in the answer. For receiving, whatever of them arrives is taken; for sending, a frame goes out
    /// under the first one of its codec. Each names its own payload type for retransmissions.
    /// </summary>
    public required IReadOnlyList<RtpCodec> Codecs { get; init; }

    /// <summary>Header extension ids.</summary>
    public required HeaderExtensionMap Extensions { get; init; }

    /// <summary>SSRC that we send with.</summary>
    public uint LocalSsrc { get; init; }

    /// <summary>SSRC that we send retransmissions with (RFC 4588); null when they were not negotiated, or we do not send.</summary>
    public uint? LocalRtxSsrc { get; init; }

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

    /// <summary>
    /// The payload type that frames of that codec go out under, or null when none was negotiated whose decoder plays them.
    /// </summary>
    /// <param name="format">The codec.</param>
    /// <param name="profile">The profile of H.264 pictures; an endpoint that named no profile is taken to play them all.</param>
    public RtpCodec? FindCodec(PayloadFormat format, H264Profile profile = H264Profile.ConstrainedBaseline)
    {
        RtpCodec? singleUnits = null;
        foreach (RtpCodec codec in Codecs)
        {
            if (codec.Format != format)
                continue;
            if (format != PayloadFormat.H264 || (H264Rules.Decodes(codec, profile) && H264Rules.TakesFragments(codec)))
                return codec;
            if (H264Rules.Decodes(codec, profile))
                singleUnits ??= codec;
        }

        return singleUnits;
    }
}
