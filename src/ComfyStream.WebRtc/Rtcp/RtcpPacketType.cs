namespace ComfyStream.WebRtc.Rtcp;

/// <summary>RTCP packet types (RFC 3550 12.1, RFC 4585 6.1, RFC 3611 2) and feedback formats (RFC 4585 6.2, 6.3; RFC 5104 4.3).</summary>
internal static class RtcpPacketType
{
    public const byte SenderReport = 200;
    public const byte ReceiverReport = 201;
    public const byte SourceDescription = 202;
    public const byte Goodbye = 203;
    public const byte Application = 204;
    public const byte TransportFeedback = 205;
    public const byte PayloadFeedback = 206;
    public const byte ExtendedReport = 207;

    /// <summary>Format of generic NACK within <see cref="TransportFeedback"/>.</summary>
    public const byte GenericNackFormat = 1;

    /// <summary>Format of picture loss indication within <see cref="PayloadFeedback"/>.</summary>
    public const byte PictureLossFormat = 1;

    /// <summary>Format of full intra request within <see cref="PayloadFeedback"/>.</summary>
    public const byte FullIntraFormat = 4;
}
