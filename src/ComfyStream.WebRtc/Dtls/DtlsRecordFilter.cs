using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Dtls;

/// <summary>
/// Keeps from libssl the records of a datagram that could only do harm. Records of epoch 0 are not authenticated, anyone who can guess an
/// address can send them: an alert among them would end the handshake, application data or a fragment that cannot be part of a message
/// would be a fatal error. Without them we lose nothing: a handshake that the peer gave up in clear text times out.
/// </summary>
internal static class DtlsRecordFilter
{
    private const int HeaderBytes = 13;
    private const byte ChangeCipherSpec = 20;
    private const byte Alert = 21;
    private const byte Handshake = 22;
    private const byte ApplicationData = 23;
    private const byte VersionMajor = 0xFE;
    private const int FragmentHeaderBytes = 12;

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
            ChangeCipherSpec => true,
            Handshake => epoch != 0 || HasGoodFragments(record[HeaderBytes..]),
            Alert or ApplicationData => epoch != 0,
            _ => false,
        };
    }

    /// <summary>
    /// Whether fragments of handshake messages lie inside of their messages, and none asks to be waited for without end: by bringing
    /// nothing, or by a message larger than any that we take.
    /// </summary>
    private static bool HasGoodFragments(ReadOnlySpan<byte> fragments)
    {
        do
        {
            // RFC 6347 4.2.2: type, length of the message (3), its number (2), offset (3) and length (3) of the fragment.
            if (fragments.Length < FragmentHeaderBytes)
                return false;
            var messageBytes = ReadUInt24(fragments[1..]);
            var offset = ReadUInt24(fragments[6..]);
            var fragmentBytes = ReadUInt24(fragments[9..]);
            if (messageBytes > DtlsIdentity.MaxMessageBytes
                || offset + fragmentBytes > messageBytes
                || (fragmentBytes == 0 && messageBytes > 0)
                || fragmentBytes > fragments.Length - FragmentHeaderBytes)
            {
                return false;
            }
            fragments = fragments[(FragmentHeaderBytes + fragmentBytes)..];
        }
        while (!fragments.IsEmpty);
        return true;
    }

    private static int ReadUInt24(ReadOnlySpan<byte> bytes) => (bytes[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(bytes[1..]);
}
