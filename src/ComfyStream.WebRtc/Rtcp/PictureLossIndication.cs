using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Rtcp;

/// <summary>PLI: the decoder needs a key frame (RFC 4585 6.3.1).</summary>
internal readonly record struct PictureLossIndication(uint SenderSsrc, uint MediaSsrc)
{
    /// <summary>Reads it if the packet is a PLI.</summary>
    public static bool TryRead(in RtcpPacket packet, out PictureLossIndication indication)
    {
        indication = default;
        if (!packet.IsFeedback(RtcpPacketType.PayloadFeedback, RtcpPacketType.PictureLossFormat))
            return false;

        indication = new PictureLossIndication(
            BinaryPrimitives.ReadUInt32BigEndian(packet.Body), BinaryPrimitives.ReadUInt32BigEndian(packet.Body[4..]));
        return true;
    }
}
