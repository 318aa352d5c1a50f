using System.Buffers.Binary;
using ComfyStream.WebRtc.Stun;

namespace ComfyStream.WebRtc;

/// <summary>Tells STUN, DTLS, RTP and RTCP apart that share one port (RFC 7983, RFC 5761 section 4).</summary>
public static class DatagramClassifier
{
    private const int DtlsRecordHeaderBytes = 13;
    private const int RtpHeaderBytes = 12;
    private const int RtcpHeaderAndSourceBytes = 8;

    /// <summary>Classifies by the first bytes and the least length; says nothing on what follows them.</summary>
    public static DatagramKind Classify(ReadOnlySpan<byte> datagram)
    {
        if (datagram.IsEmpty)
            return DatagramKind.Unknown;

        return datagram[0] switch
        {
            <= 3 => IsStun(datagram) ? DatagramKind.Stun : DatagramKind.Unknown,
            >= 20 and <= 63 => datagram.Length >= DtlsRecordHeaderBytes ? DatagramKind.Dtls : DatagramKind.Unknown,
            >= 128 and <= 191 => ClassifyMedia(datagram),
            _ => DatagramKind.Unknown,
        };
    }

    private static bool IsStun(ReadOnlySpan<byte> datagram) =>
        datagram.Length >= StunMessage.HeaderBytes
        && datagram.Length % 4 == 0
        && BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]) == StunMessage.MagicCookie;

    private static DatagramKind ClassifyMedia(ReadOnlySpan<byte> datagram)
    {
        if (datagram.Length < RtcpHeaderAndSourceBytes)
            return DatagramKind.Unknown;
        if (datagram[1] is >= 192 and <= 223)
            return DatagramKind.Rtcp;
        return datagram.Length >= RtpHeaderBytes ? DatagramKind.Rtp : DatagramKind.Unknown;
    }
}
