namespace ComfyStream.WebRtc;

/// <summary>What the first bytes of a datagram say it is (RFC 7983).</summary>
public enum DatagramKind
{
    /// <summary>Nothing that is spoken here, or too short to be it: to be dropped silently.</summary>
    Unknown,

    /// <summary>A STUN message (RFC 8489).</summary>
    Stun,

    /// <summary>DTLS records (RFC 6347).</summary>
    Dtls,

    /// <summary>An RTP or SRTP packet (RFC 3550).</summary>
    Rtp,

    /// <summary>An RTCP or SRTCP packet, multiplexed with RTP (RFC 5761).</summary>
    Rtcp,
}
