using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Packetization;

/// <summary>
/// Cuts an H.264 access unit into RTP payloads for packetization-mode 1 (RFC 6184): NAL units that fit together become a STAP-A,
/// one alone a single NAL unit packet, a larger one FU-As of one size (the last is padded to it), so that they leave in one
/// segmented send.
/// </summary>
public static class H264Packetizer
{
    /// <summary>
    /// Payload bytes in a datagram of 1200: less RTP header (12), mid extension (12), authentication tag (16) and the sequence
    /// number that RTX adds (2).
    /// </summary>
    public const int DefaultMaxPayloadBytes = 1158;

    private const int MinMaxPayloadBytes = 16;
    private const int FragmentHeaderBytes = 2;

    /// <summary>
    /// Appends the payloads of <paramref name="accessUnit"/> (Annex B) to <paramref name="frame"/> and returns how many there are:
    /// 0 if it holds no NAL unit to send. Access unit delimiters and filler data are left out: RTP needs neither.
    /// </summary>
    public static int Packetize(ReadOnlySpan<byte> accessUnit, PacketizedFrame frame, int maxPayloadBytes = DefaultMaxPayloadBytes)
    {
        ArgumentNullException.ThrowIfNull(frame);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPayloadBytes, MinMaxPayloadBytes);
        frame.SetFormat(PayloadFormat.H264);

        int packetsBefore = frame.PacketCount;
        AnnexBReader reader = new(accessUnit);
        AnnexBReader groupStart = reader;
        int groupCount = 0;
        int groupBytes = 0;
        while (true)
        {
            AnnexBReader here = reader;
            if (!MoveNext(ref reader))
                break;

            int length = reader.Current.Length;
            if (groupCount > 0 && groupBytes + 2 + length > maxPayloadBytes)
            {
                AppendGroup(frame, groupStart, groupCount, groupBytes);
                groupCount = 0;
            }

            if (length > maxPayloadBytes)
            {
                AppendFragments(frame, reader.Current, maxPayloadBytes);
                continue;
            }

            if (groupCount++ == 0)
            {
                groupStart = here;
                groupBytes = 1;
            }

            groupBytes += 2 + length;
        }

        if (groupCount > 0)
            AppendGroup(frame, groupStart, groupCount, groupBytes);
        frame.PadLastPacket();
        return frame.PacketCount - packetsBefore;
    }

    private static bool MoveNext(ref AnnexBReader reader)
    {
        while (reader.MoveNext())
        {
            int type = H264NalUnit.TypeOf(reader.Current[0]);
            if (type is >= H264NalUnit.NonIdrSlice and <= H264NalUnit.LastSingle
                and not (H264NalUnit.AccessUnitDelimiter or H264NalUnit.FillerData))
                return true;
        }

        return false;
    }

    private static void AppendGroup(PacketizedFrame frame, AnnexBReader reader, int count, int aggregateBytes)
    {
        if (count == 1)
        {
            MoveNext(ref reader);
            reader.Current.CopyTo(frame.AppendPacket(reader.Current.Length));
            return;
        }

        Span<byte> packet = frame.AppendPacket(aggregateBytes);
        Span<byte> rest = packet[1..];
        int forbidden = 0;
        int importance = 0;
        for (int i = 0; i < count; i++)
        {
            MoveNext(ref reader);
            ReadOnlySpan<byte> nalUnit = reader.Current;
            forbidden |= nalUnit[0] & 0x80;
            importance = Math.Max(importance, nalUnit[0] & 0x60);
            BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)nalUnit.Length);
            nalUnit.CopyTo(rest[2..]);
            rest = rest[(2 + nalUnit.Length)..];
        }

        // RFC 6184 5.7: F is set if it is in any unit, NRI is the highest of all.
        packet[0] = (byte)(forbidden | importance | H264NalUnit.StapA);
    }

    private static void AppendFragments(PacketizedFrame frame, ReadOnlySpan<byte> nalUnit, int maxPayloadBytes)
    {
        byte indicator = (byte)(nalUnit[0] & H264NalUnit.ImportanceMask | H264NalUnit.FuA);
        int type = H264NalUnit.TypeOf(nalUnit[0]);
        ReadOnlySpan<byte> rest = nalUnit[1..];

        int room = maxPayloadBytes - FragmentHeaderBytes;
        int count = (rest.Length + room - 1) / room;
        int fragmentBytes = (rest.Length + count - 1) / count;
        int position = H264NalUnit.FragmentStart;
        while (!rest.IsEmpty)
        {
            int length = Math.Min(fragmentBytes, rest.Length);
            if (length == rest.Length)
                position |= H264NalUnit.FragmentEnd;

            Span<byte> packet = frame.AppendPacket(FragmentHeaderBytes + length);
            packet[0] = indicator;
            packet[1] = (byte)(position | type);
            rest[..length].CopyTo(packet[FragmentHeaderBytes..]);
            rest = rest[length..];
            position = 0;
        }
    }
}
