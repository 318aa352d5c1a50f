using System.Buffers.Binary;

namespace ComfyStream.WebRtc.Srtp;

/// <summary>
/// Checks and decrypts what one peer sends to us (RFC 3711, RFC 7714). Owned by one thread. Nothing that a packet says changes any state
/// before its tag is found right: neither roll-over counter, nor replay window, nor the table of SSRCs.
/// </summary>
internal sealed class SrtpReceiveContext : IDisposable
{
    private const int RtpVersion = 2;
    private const int CsrcBytes = 4;
    private const int ExtensionHeaderBytes = 4;
    private const int SequenceNumberBits = 16;

    private readonly SrtpTransform _transform;
    private readonly SrtpStreamTable _rtpStreams = new();
    private readonly SrtpStreamTable _rtcpStreams = new();

    public SrtpReceiveContext(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt)
        : this(SrtpTransform.Create(profile, masterKey, masterSalt))
    {
    }

    internal SrtpReceiveContext(SrtpTransform transform) => _transform = transform;

    /// <summary>Packets that were too short, too long, or whose header does not fit.</summary>
    public long MalformedPackets { get; private set; }

    /// <summary>Packets that were seen before, or are too old to tell.</summary>
    public long ReplayedPackets { get; private set; }

    /// <summary>Packets whose tag is wrong.</summary>
    public long AuthenticationFailures { get; private set; }

    /// <summary>Packets of SSRCs beyond the number kept for a peer.</summary>
    public long RefusedStreamPackets { get; private set; }

    /// <summary>Unprotects an RTP packet in place. When false it is counted and its bytes are rubbish.</summary>
    /// <param name="packet">The packet; header and decrypted payload stay where they are.</param>
    /// <param name="headerBytes">Size of the header with CSRCs and extension.</param>
    /// <param name="payloadBytes">Size of the payload with its padding (if the P bit is set), without the tag.</param>
    /// <param name="packetIndex">Roll-over counter · 2^16 + sequence number.</param>
    public bool TryUnprotectRtp(Span<byte> packet, out int headerBytes, out int payloadBytes, out ulong packetIndex)
    {
        payloadBytes = 0;
        packetIndex = 0;
        if (!TryMeasureRtpHeader(packet, out headerBytes))
        {
            MalformedPackets++;
            return false;
        }

        var ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[8..]);
        var place = _rtpStreams.IndexOf(ssrc);
        var sequenceNumber = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        if (!MayEnter(_rtpStreams, place))
            return false;
        packetIndex = sequenceNumber;
        if (place >= 0 && !TryExtend(in _rtpStreams.WindowAt(place), sequenceNumber, out packetIndex))
        {
            ReplayedPackets++;
            return false;
        }
        if (!_transform.TryUnprotectRtp(packet, headerBytes, packetIndex))
        {
            AuthenticationFailures++;
            return false;
        }
        _rtpStreams.Accept(place, ssrc, packetIndex);
        payloadBytes = packet.Length - headerBytes - _transform.RtpOverheadBytes;
        return true;
    }

    /// <summary>Unprotects a compound RTCP packet in place. When false it is counted and its bytes are rubbish.</summary>
    /// <param name="packet">The packet; its first <paramref name="byteCount"/> bytes are the result.</param>
    /// <param name="byteCount">Size without tag and trailing word.</param>
    public bool TryUnprotectRtcp(Span<byte> packet, out int byteCount)
    {
        byteCount = packet.Length - _transform.RtcpOverheadBytes;
        if (byteCount < SrtpTransform.RtcpHeaderBytes || byteCount > _transform.MaxPayloadBytes || packet[0] >> 6 != RtpVersion)
        {
            byteCount = 0;
            MalformedPackets++;
            return false;
        }

        var ssrc = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
        var trailer = _transform.ReadRtcpTrailer(packet);
        var index = trailer & ~SrtpTransform.RtcpEncrypted;
        // Each sender SSRC counts by itself: browsers send from one context for each of theirs.
        var place = _rtcpStreams.IndexOf(ssrc);
        if (!MayEnter(_rtcpStreams, place))
            return false;
        if (place >= 0 && !_rtcpStreams.WindowAt(place).IsNew(index))
        {
            ReplayedPackets++;
            return false;
        }
        if (!_transform.TryUnprotectRtcp(packet, trailer))
        {
            AuthenticationFailures++;
            return false;
        }
        _rtcpStreams.Accept(place, ssrc, index);
        return true;
    }

    /// <summary>Wipes the keys.</summary>
    public void Dispose() => _transform.Dispose();

    private bool MayEnter(SrtpStreamTable streams, int place)
    {
        if (place >= 0 || streams.HasRoom)
            return true;
        RefusedStreamPackets++;
        return false;
    }

    /// <summary>The size of the RTP header (RFC 3550 5.1); false when it and a tag do not fit into the packet.</summary>
    private bool TryMeasureRtpHeader(ReadOnlySpan<byte> packet, out int headerBytes)
    {
        headerBytes = 0;
        var textEnd = packet.Length - _transform.RtpOverheadBytes;
        if (textEnd < SrtpTransform.RtpHeaderBytes || packet[0] >> 6 != RtpVersion)
            return false;
        var end = SrtpTransform.RtpHeaderBytes + (CsrcBytes * (packet[0] & 0x0F));
        if ((packet[0] & 0x10) != 0)
        {
            if (end + ExtensionHeaderBytes > textEnd)
                return false;
            end += ExtensionHeaderBytes + (4 * BinaryPrimitives.ReadUInt16BigEndian(packet[(end + 2)..]));
        }
        if (end > textEnd || textEnd - end > _transform.MaxPayloadBytes)
            return false;
        headerBytes = end;
        return true;
    }

    /// <summary>
    /// The index nearest to the highest one so far that ends in the sequence number (RFC 3711 3.3.1); false when it was seen before or
    /// lies outside the window or the 48 bits.
    /// </summary>
    private static bool TryExtend(in ReplayWindow window, ushort sequenceNumber, out ulong packetIndex)
    {
        var distance = (short)(sequenceNumber - (ushort)window.Highest);
        var index = (long)window.Highest + distance;
        packetIndex = (ulong)index;
        return index >= 0 && index >> (32 + SequenceNumberBits) == 0 && window.IsNew(packetIndex);
    }
}
