namespace ComfyStream.WebRtc.Rtp;

/// <summary>A codec under a payload type, as rtpmap and fmtp describe it (RFC 8866 6.6, 6.15).</summary>
/// <param name="PayloadType">0 to 127.</param>
/// <param name="Name">Encoding name as offered, compared without case: "H264", "opus".</param>
/// <param name="ClockRate">RTP clock in Hz.</param>
/// <param name="Channels">Channels of sound, 0 for pictures; rtpmap's default is 1.</param>
/// <param name="FormatParameters">The fmtp value, "" when there is none.</param>
public sealed record RtpCodec(byte PayloadType, string Name, int ClockRate, int Channels, string FormatParameters)
{
    /// <summary>Encoding name of retransmissions (RFC 4588 8.6).</summary>
    internal const string Rtx = "rtx";

    /// <summary>Payload type under which its packets are sent again (RFC 4588); null when that was not negotiated.</summary>
    public byte? RtxPayloadType { get; init; }

    /// <summary>The codec as frames name it, or null for one that we do not speak.</summary>
    public PayloadFormat? Format => PayloadFormats.Find(Name);

    /// <summary>Whether this is the named codec.</summary>
    public bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
