using System.Security.Cryptography;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Sdp;
using ComfyStream.WebRtc.Srtp;
using ComfyStream.WebRtc.Streams;

namespace ComfyStream.WebRtc;

/// <summary>
/// The sending half of a peer: one sent stream per section, and the slab of encrypted packets that one segmented send takes.
/// Owned by the peer's thread.
/// </summary>
internal sealed class MediaSender : IDisposable
{
    // The kernel takes 64 segments; a frame larger than this leaves in several runs, so that one viewer's key frame does not hold
    // up the others.
    private const int MostSegments = 32;
    private const int MostHeaderBytes = 64;

    private readonly RtpSendStream[] _streams;
    private SrtpSendContext? _srtp;

    public MediaSender(NegotiatedSession session, ulong ntpEpoch)
    {
        // Sound first: it must not wait behind a key frame.
        _streams =
        [
            .. session.Media.Where(media => media.Send).OrderBy(media => media.Kind).Select(media =>
                new RtpSendStream(media, RandomUInt16(), RandomUInt32(), ntpEpoch)),
        ];
    }

    /// <summary>The keys are there.</summary>
    public bool IsStarted => _srtp is not null;

    /// <summary>When the next sender report is due.</summary>
    public TimeSpan NextDeadline
    {
        get
        {
            TimeSpan next = TimeSpan.MaxValue;
            foreach (RtpSendStream stream in _streams)
            {
                if (stream.NextDeadline < next)
                    next = stream.NextDeadline;
            }

            return next;
        }
    }

    /// <summary>Begins to send under these keys.</summary>
    public void Start(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt) =>
        _srtp = new SrtpSendContext(profile, masterKey, masterSalt);

    /// <summary>Queues a frame on its section's stream. False when there is none, or its queue is full.</summary>
    public bool Enqueue(PacketizedFrame frame)
    {
        foreach (RtpSendStream stream in _streams)
        {
            if (stream.Kind == frame.Kind)
                return stream.Enqueue(frame);
        }

        return false;
    }

    /// <summary>Queues the packets that a NACK asks for.</summary>
    public void HandleNack(TimeSpan now, in GenericNack nack)
    {
        foreach (RtpSendStream stream in _streams)
        {
            if (stream.Ssrc == nack.MediaSsrc)
                stream.HandleNack(now, nack.Item);
        }
    }

    /// <summary>Notes a report on one of the streams.</summary>
    public void HandleReportBlock(TimeSpan now, in ReportBlock block)
    {
        foreach (RtpSendStream stream in _streams)
            stream.HandleReportBlock(now, block);
    }

    /// <summary>Whether feedback about that SSRC is about one of our pictures.</summary>
    public bool SendsVideo(uint ssrc)
    {
        foreach (RtpSendStream stream in _streams)
        {
            if (stream.Ssrc == ssrc && stream.Kind == MediaKind.Video)
                return true;
        }

        return false;
    }

    /// <summary>Writes the sender reports that are due.</summary>
    public void WriteRtcp(TimeSpan now, ref RtcpWriter writer)
    {
        foreach (RtpSendStream stream in _streams)
            stream.TryWriteSenderReport(now, ref writer);
    }

    /// <summary>Encrypts the compound packet at the start of <paramref name="buffer"/> in place; returns its new size.</summary>
    public int ProtectRtcp(Span<byte> buffer, int byteCount) => _srtp!.ProtectRtcp(buffer, byteCount);

    /// <summary>
    /// Fills the slab with encrypted packets of one stream, all of the same size but the last, which may be shorter. Returns the
    /// bytes written, 0 when nothing waits.
    /// </summary>
    public int WriteRtp(TimeSpan now, Span<byte> slab, out int segmentBytes)
    {
        segmentBytes = 0;
        if (_srtp is null)
            return 0;
        foreach (RtpSendStream stream in _streams)
        {
            int byteCount = WriteRun(now, stream, slab, out segmentBytes);
            if (byteCount > 0)
                return byteCount;
        }

        return 0;
    }

    /// <summary>Gives back all frames and wipes the keys.</summary>
    public void Dispose()
    {
        foreach (RtpSendStream stream in _streams)
            stream.ReleaseAll();
        _srtp?.Dispose();
        _srtp = null;
    }

    private static ushort RandomUInt16() => (ushort)RandomNumberGenerator.GetInt32(1 << 16);

    private static uint RandomUInt32() => BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(4));

    private int WriteRun(TimeSpan now, RtpSendStream stream, Span<byte> slab, out int segmentBytes)
    {
        Span<byte> header = stackalloc byte[MostHeaderBytes];
        int total = 0;
        segmentBytes = 0;
        for (int count = 0; count < MostSegments && stream.TryPeekPacket(now, out RtpPacketToSend packet); count++)
        {
            int packetBytes = packet.ByteCount + _srtp!.OverheadBytes;
            if (total + packetBytes > slab.Length || (count > 0 && packetBytes > segmentBytes))
                break;

            int headerBytes = packet.WriteHeader(header);
            total += _srtp.ProtectRtp(header[..headerBytes], packet.Payload, packet.PacketIndex, slab[total..]);
            stream.Advance();
            if (count == 0)
                segmentBytes = packetBytes;
            else if (packetBytes < segmentBytes)
                break;
        }

        return total;
    }
}
