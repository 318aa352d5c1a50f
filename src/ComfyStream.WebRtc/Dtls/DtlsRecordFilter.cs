using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Dtls;

/// <summary>
/// Keeps from libssl the records of a datagram that could only do harm. Records of epoch 0 are not authenticated, anyone who can guess an
/// address can send them: an alert among them would end the handshake, application data would be a fatal error. Without them we lose
/// nothing: a handshake that the peer gave up in clear text times out.
/// </summary>
internal static class DtlsRecordFilter
{
    private const int HeaderBytes = 13;
    private const byte ChangeCipherSpec = 20;
    private const byte Alert = 21;
    private const byte Handshake = 22;
    private const byte ApplicationData = 23;
    private const byte VersionMajor = 0xFE;

    /// <summary>Copies the good records of <paramref name="datagram"/>, as far as they fit, and counts the others; returns the bytes copied.</summary>
    public static int Copy(ReadOnlySpan<byte> datagram, Span<byte> destination, ref long droppedRecords)
    {
        var copied = 0;
        while (!datagram.IsEmpty)
        {
            // RFC 6347 4.1: type, version (2), epoch (2), sequence number (6), length (2). A record that does not fit spoils the rest.
            var recordBytes = datagram.Length < HeaderBytes ? int.MaxValue : HeaderBytes + BinaryPrimitives.ReadUInt16BigEndian(datagram[11..]);
            if (recordBytes > datagram.Length || recordBytes > destination.Length - copied)
            {
                droppedRecords++;
                break;
            }
            var record = datagram[..recordBytes];
            datagram = datagram[recordBytes..];
            if (IsGood(record))
            {
                record.CopyTo(destination[copied..]);
                copied += recordBytes;
            }
            else
            {
                droppedRecords++;
            }
        }
        return copied;
    }

    private static bool IsGood(ReadOnlySpan<byte> record)
    {
        var epoch = BinaryPrimitives.ReadUInt16BigEndian(record[3..]);
        return record[1] == VersionMajor && record[0] switch
        {
            ChangeCipherSpec or Handshake => true,
            Alert or ApplicationData => epoch != 0,
            _ => false,
        };
    }
}
