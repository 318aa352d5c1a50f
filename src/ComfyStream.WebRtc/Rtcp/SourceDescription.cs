using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Rtcp;

/// <summary>SDES (RFC 3550 6.5), of which only the canonical name is of use.</summary>
internal static class SourceDescription
{
    /// <summary>Item type of the canonical name; 0 ends a chunk.</summary>
    public const byte CnameItem = 1;

    /// <summary>Reads SSRC and canonical name (UTF-8, empty when it has none) of chunk <paramref name="index"/>; false past the last one or if the packet is broken before its end.</summary>
    public static bool TryReadCname(scoped in RtcpPacket packet, int index, out uint ssrc, out ReadOnlySpan<byte> cname)
    {
        ssrc = 0;
        cname = default;
        if (packet.Type != RtcpPacketType.SourceDescription || index < 0 || index >= packet.Count)
            return false;

        int offset = 0;
        for (int chunk = 0; chunk <= index; chunk++)
        {
            if (!TryReadChunk(packet.Body, ref offset, out ssrc, out cname))
                return false;
        }

        return true;
    }

    private static bool TryReadChunk(ReadOnlySpan<byte> body, scoped ref int offset, out uint ssrc, out ReadOnlySpan<byte> cname)
    {
        ssrc = 0;
        cname = default;
        if (offset + 4 > body.Length)
            return false;

        ssrc = BinaryPrimitives.ReadUInt32BigEndian(body[offset..]);
        offset += 4;
        while (offset < body.Length)
        {
            byte item = body[offset];
            if (item == 0)
            {
                // The list ends with one to four null bytes, at a 32-bit boundary.
                offset = (offset + 4) & ~3;
                return true;
            }

            if (offset + 2 > body.Length || offset + 2 + body[offset + 1] > body.Length)
                return false;
            ReadOnlySpan<byte> text = body.Slice(offset + 2, body[offset + 1]);
            if (item == CnameItem)
                cname = text;
            offset += 2 + text.Length;
        }

        return false;
    }
}
