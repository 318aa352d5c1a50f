using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>What <see cref="SdpReader"/> has read so far; attribute parsers write into it.</summary>
internal sealed class SdpParseState
{
    private readonly Dictionary<byte, RtpCodec> _rtpMaps = [];
    private readonly Dictionary<byte, string> _formatParameters = [];
    private readonly HashSet<string> _mids = [];

    public SessionDescription Session { get; } = new();

    /// <summary>The section being read; null while at session level.</summary>
    public MediaDescription? Media { get; private set; }

    /// <summary>Where transport attributes go at the current level.</summary>
    public TransportDescription Transport => Media?.Transport ?? Session.Transport;

    public bool HasOrigin { get; set; }

    public bool HasName { get; set; }

    public bool HasTime { get; set; }

    public void BeginMedia(MediaDescription media)
    {
        EndMedia();
        Media = media;
        Session.Media.Add(media);
    }

    /// <summary>Joins payload types, rtpmaps and fmtps of the section: an fmtp without rtpmap, and either without a place in the m= line, is ignored.</summary>
    public void EndMedia()
    {
        if (Media is { IsRtp: true } media)
            media.Codecs = [.. media.Formats.Select(FindCodec).OfType<RtpCodec>()];

        _rtpMaps.Clear();
        _formatParameters.Clear();
    }

    public void AddRtpMap(RtpCodec codec) => _rtpMaps.TryAdd(codec.PayloadType, codec);

    public void AddFormatParameters(byte payloadType, string parameters) => _formatParameters.TryAdd(payloadType, parameters);

    public bool TryAddMid(string mid) => _mids.Add(mid);

    private RtpCodec? FindCodec(string format)
    {
        if (!SdpText.TryReadPayloadType(format, out byte payloadType))
            return null;

        RtpCodec? codec = _rtpMaps.GetValueOrDefault(payloadType) ?? StaticCodec(payloadType);
        return codec is not null && _formatParameters.TryGetValue(payloadType, out string? parameters)
            ? codec with { FormatParameters = parameters }
            : codec;
    }

    /// <summary>Payload types that need no rtpmap (RFC 3551 6), as far as WebRTC endpoints offer them.</summary>
    private static RtpCodec? StaticCodec(byte payloadType) => payloadType switch
    {
        0 => new RtpCodec(0, "PCMU", 8000, 1, ""),
        8 => new RtpCodec(8, "PCMA", 8000, 1, ""),
        9 => new RtpCodec(9, "G722", 8000, 1, ""),
        13 => new RtpCodec(13, "CN", 8000, 1, ""),
        _ => null,
    };
}
