using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Rtcp;

/// <summary>One entry of a FIR (RFC 5104 4.3.1): the stream is in the entry, the packet's media SSRC is unused.</summary>
/// <param name="SenderSsrc">Who asks.</param>
/// <param name="MediaSsrc">The stream that shall send a key frame.</param>
/// <param name="CommandSequenceNumber">Goes up by one with each new request; the same number is a repetition.</param>
internal readonly record struct FullIntraRequest(uint SenderSsrc, uint MediaSsrc, byte CommandSequenceNumber)
{
    /// <summary>Bytes of an entry.</summary>
    public const int EntryBytes = 8;

    /// <summary>Reads entry <paramref name="index"/>; false past the last one and for other packets.</summary>
    public static bool TryRead(in RtcpPacket packet, int index, out FullIntraRequest request)
    {
        request = default;
        if (!packet.IsFeedback(RtcpPacketType.PayloadFeedback, RtcpPacketType.FullIntraFormat) || index < 0)
            return false;

        ReadOnlySpan<byte> body = packet.Body;
        if (index >= (body.Length - 8) / EntryBytes)
            return false;

        ReadOnlySpan<byte> entry = body.Slice(8 + index * EntryBytes, EntryBytes);
        request = new FullIntraRequest(
            BinaryPrimitives.ReadUInt32BigEndian(body), BinaryPrimitives.ReadUInt32BigEndian(entry), entry[4]);
        return true;
    }
}
