using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>Retransmission payload types (RFC 4588 8): each belongs to one codec's, its apt.</summary>
internal static class RtxSelection
{
    /// <summary>The feedback that asks for retransmissions; without it they are of no use.</summary>
    public const string Feedback = "nack";

    /// <summary>The payload type for retransmissions of a codec in that section, or null.</summary>
    public static byte? Find(MediaDescription section, RtpCodec codec) =>
        CodecSelection.IsOffered(section, codec, Feedback)
            ? section.Codecs.FirstOrDefault(rtx => IsFor(rtx, codec))?.PayloadType
            : null;

    /// <summary>The same for an answer to our own offer, which may only have what that had.</summary>
    public static byte? FindAnswered(MediaDescription offered, MediaDescription answered, RtpCodec codec) =>
        Find(answered, codec) is { } payloadType && Find(offered, codec) == payloadType ? payloadType : null;

    /// <summary>Whether any of the codecs is retransmitted by RTX.</summary>
    public static bool IsAgreed(IReadOnlyList<RtpCodec> codecs) => codecs.Any(codec => codec.RtxPayloadType is not null);

    /// <summary>The codecs, each followed by its retransmissions, as a description lists them.</summary>
    public static IReadOnlyList<RtpCodec> Expand(IReadOnlyList<RtpCodec> codecs)
    {
        var payloadTypes = new List<RtpCodec>(2 * codecs.Count);
        foreach (RtpCodec codec in codecs)
        {
            payloadTypes.Add(codec);
            if (codec.RtxPayloadType is { } rtx)
                payloadTypes.Add(new RtpCodec(rtx, RtpCodec.Rtx, codec.ClockRate, 0, $"apt={codec.PayloadType}"));
        }

        return payloadTypes;
    }

    private static bool IsFor(RtpCodec rtx, RtpCodec codec) =>
        rtx.Is(RtpCodec.Rtx)
        && rtx.ClockRate == codec.ClockRate
        && FormatParameters.TryGet(rtx.FormatParameters, "apt", out ReadOnlySpan<char> apt)
        && SdpText.TryReadPayloadType(apt, out byte payloadType)
        && payloadType == codec.PayloadType;
}
