namespace ComfyStream.WebRtc.Rtp;

/// <summary>A codec under a payload type, as rtpmap and fmtp describe it (RFC 8866 6.6, 6.15).</summary>
/// <param name="PayloadType">0 to 127.</param>
/// <param name="Name">Encoding name as offered, compared without case: "H264", "opus".</param>
/// <param name="ClockRate">RTP clock in Hz.</param>
/// <param name="Channels">Channels of sound, 0 for pictures; rtpmap's default is 1.</param>
/// <param name="FormatParameters">The fmtp value, "" when there is none.</param>
public sealed record RtpCodec(byte PayloadType, string Name, int ClockRate, int Channels, string FormatParameters)
{
    /// <summary>Whether this is the named codec.</summary>
    public bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
