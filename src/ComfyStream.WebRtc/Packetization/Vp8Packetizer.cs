namespace ComfyStream.WebRtc.Packetization;

/// <summary>
/// Cuts VP8 frames into RTP payloads of one size (RFC 7741), the last padded to it, and numbers the pictures. Payloads are shared
/// by all viewers, so the numbers (PictureID) are the output's: use one object for an output's whole life, over changes of
/// publisher, workflow and encoder, and every viewer sees them go up by one from picture to picture as RFC 7741 4.2 wants; they jump
/// only for a viewer who was not sent a picture, as after a loss. No layer indices are written: each picture follows from the ones before
/// it. Owned by the thread that makes the output's frames.
/// </summary>
/// <param name="firstPictureId">Number of the first picture, of which 15 bits count; random in use (RFC 7741 4.2).</param>
public sealed class Vp8Packetizer(ushort firstPictureId)
{
    private const int DescriptorBytes = 4;
    private const int MinMaxPayloadBytes = 16;
    private const int PictureIdMask = 0x7FFF;

    private int _nextPictureId = firstPictureId & PictureIdMask;

    /// <summary>
    /// Appends the payloads of <paramref name="picture"/> to <paramref name="frame"/>, which is VP8 from then on, and returns
    /// how many there are: 0 for an empty picture, which takes no number.
    /// </summary>
    public int Packetize(ReadOnlySpan<byte> picture, PacketizedFrame frame, int maxPayloadBytes = H264Packetizer.DefaultMaxPayloadBytes)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPayloadBytes, MinMaxPayloadBytes);
        frame.SetFormat(PayloadFormat.Vp8);
        if (picture.IsEmpty)
            return 0;

        int room = maxPayloadBytes - DescriptorBytes;
        int count = (picture.Length + room - 1) / room;
        int packetBytes = (picture.Length + count - 1) / count;
        for (int start = 0; start < picture.Length; start += packetBytes)
        {
            ReadOnlySpan<byte> part = picture.Slice(start, Math.Min(packetBytes, picture.Length - start));
            Span<byte> packet = frame.AppendPacket(DescriptorBytes + part.Length);
            Vp8PayloadDescriptor.Write(packet, startsFrame: start == 0, (ushort)_nextPictureId);
            part.CopyTo(packet[DescriptorBytes..]);
        }

        frame.PadLastPacket();
        _nextPictureId = (_nextPictureId + 1) & PictureIdMask;
        return count;
    }
}
