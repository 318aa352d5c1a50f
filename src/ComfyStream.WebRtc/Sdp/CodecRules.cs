using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>What we know of one codec when we negotiate it.</summary>
internal abstract class CodecRules
{
    /// <summary>The codecs that we know.</summary>
    public static IReadOnlyList<CodecRules> Supported { get; } = [new H264Rules(), new Vp8Rules(), new OpusRules()];

    public abstract PayloadFormat Format { get; }

    public MediaKind Kind => Format.Kind();

    public abstract string Name { get; }

    public abstract int ClockRate { get; }

    /// <summary>Channels as rtpmap writes them; 0 for pictures.</summary>
    public abstract int Channels { get; }

    /// <summary>Values of <c>a=rtcp-fb</c> that we act upon.</summary>
    public abstract IReadOnlyList<string> Feedback { get; }

    /// <summary>fmtp of our own offer.</summary>
    public abstract string OfferParameters { get; }

    /// <summary>Whether we can take the offered form of the codec.</summary>
    public abstract bool Accepts(RtpCodec offered);

    /// <summary>Order among the offered payload types of this codec, lowest first; equal ones keep the offer's order.</summary>
    public abstract int Preference(RtpCodec offered, MediaRole role, H264Profile sentProfile);

    /// <summary>fmtp of our answer.</summary>
    public abstract string AnswerParameters(RtpCodec offered, MediaRole role);

    /// <summary>The rules for a codec, or null for one that we do not negotiate.</summary>
    public static CodecRules? Find(MediaKind kind, RtpCodec codec) =>
        Supported.FirstOrDefault(rules => rules.Kind == kind && codec.Is(rules.Name) && codec.ClockRate == rules.ClockRate);

    /// <summary>Names of codecs for messages.</summary>
    public static string Names(IReadOnlyList<PayloadFormat> formats) => string.Join(", ", formats.Select(format => Find(format).Name));

    /// <summary>The rules for a codec.</summary>
    public static CodecRules Find(PayloadFormat format) => Supported.First(rules => rules.Format == format);
}
