using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Rtcp;

/// <summary>BYE (RFC 3550 6.6).</summary>
internal static class Goodbye
{
    /// <summary>Reads the source <paramref name="index"/> that leaves; false past the last one and for other types.</summary>
    public static bool TryRead(in RtcpPacket packet, int index, out uint ssrc)
    {
        ssrc = 0;
        if (packet.Type != RtcpPacketType.Goodbye || index < 0 || index >= packet.Count)
            return false;

        ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet.Body[(index * 4)..]);
        return true;
    }
}
