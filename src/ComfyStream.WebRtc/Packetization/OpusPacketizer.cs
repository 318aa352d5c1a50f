namespace ComfyStream.WebRtc.Packetization;

/// <summary>Opus over RTP (RFC 7587 4.2): one Opus packet is one payload.</summary>
public static class OpusPacketizer
{
    /// <summary>Appends <paramref name="packet"/> to <paramref name="frame"/> and returns the number of payloads: 1, or 0 for an empty packet.</summary>
    public static int Packetize(ReadOnlySpan<byte> packet, PacketizedFrame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        frame.SetFormat(PayloadFormat.Opus);
        if (packet.IsEmpty)
            return 0;

        packet.CopyTo(frame.AppendPacket(packet.Length));
        return 1;
    }
}
