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
    private readonly RtpSendStream? _sound;
    private readonly RtpSendStream? _picture;
    private SrtpSendContext? _srtp;

    public MediaSender(NegotiatedSession session, ulong ntpEpoch)
    {
        // Sound first: it must not wait behind a key frame.
        _streams =
        [
            .. session.Media.Where(media => media.Send).OrderBy(media => media.Kind).Select(media =>
                new RtpSendStream(media, RandomUInt16(), RandomUInt32(), ntpEpoch, RandomUInt16())),
        ];
        _sound = Array.Find(_streams, stream => stream.Kind == MediaKind.Audio);
        _picture = Array.Find(_streams, stream => stream.Kind == MediaKind.Video);
    }

    /// <summary>The keys are there.</summary>
    public bool IsStarted => _srtp is not null;

    /// <summary>Whether a sender report is due.</summary>
    public bool IsReportDue(TimeSpan now)
    {
        foreach (RtpSendStream stream in _streams)
        {
            if (stream.NextReport <= now)
                return true;
        }

        return false;
    }

    /// <summary>When a sender report cannot wait for a frame any longer, or the next frame of a replay is due.</summary>
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

    /// <summary>When the next sender report is due.</summary>
    public TimeSpan NextReport
    {
        get
        {
            TimeSpan next = TimeSpan.MaxValue;
            foreach (RtpSendStream stream in _streams)
            {
                if (stream.NextReport < next)
                    next = stream.NextReport;
            }

            return next;
        }
    }

    /// <summary>Round trip by the peer's last report, null before one; the longest of the streams'.</summary>
    public TimeSpan? RoundTripTime
    {
        get
        {
            TimeSpan? longest = null;
            foreach (RtpSendStream stream in _streams)
            {
                if (stream.RoundTripTime is { } time && !(time < longest))
                    longest = time;
            }

            return longest;
        }
    }

    /// <summary>Begins to send under these keys.</summary>
    public void Start(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt) =>
        _srtp = new SrtpSendContext(profile, masterKey, masterSalt);

    /// <summary>Queues a frame on its section's stream. False when there is none, it does not carry the codec, or its queue is full.</summary>
    public bool Enqueue(PacketizedFrame frame, TimeSpan mediaTime, bool isReplayed)
    {
        foreach (RtpSendStream stream in _streams)
        {
            if (stream.Kind == frame.Kind)
                return stream.Enqueue(frame, mediaTime, isReplayed);
        }

        return false;
    }

    /// <summary>Handles what the peer reports on our streams and asks of them. True if it asks for a key frame.</summary>
    public bool HandleFeedback(TimeSpan now, in RtcpPacket packet)
    {
        bool isKeyFrameRequested = false;
        foreach (RtpSendStream stream in _streams)
            isKeyFrameRequested |= stream.HandleFeedback(now, packet);
        return isKeyFrameRequested;
    }

    /// <summary>Adds the counts of that kind to <paramref name="statistics"/>.</summary>
    public void AddStatistics(MediaKind kind, ref MediaStatistics statistics)
    {
        foreach (RtpSendStream stream in _streams)
        {
            if (stream.Kind == kind)
                stream.AddStatistics(ref statistics);
        }
    }

    /// <summary>Writes the sender reports of all streams when one is due: what leaves together is one message.</summary>
    public void WriteRtcp(TimeSpan now, ref RtcpWriter writer)
    {
        foreach (RtpSendStream stream in _streams)
            stream.TryWriteSenderReport(now, ref writer);
    }

    /// <summary>Encrypts the compound packet at the start of <paramref name="buffer"/> in place; returns its new size.</summary>
    public int ProtectRtcp(Span<byte> buffer, int byteCount) => _srtp!.ProtectRtcp(buffer, byteCount);

    /// <summary>
    /// Fills the slab with encrypted packets, all of the same size but the last, which may be shorter. Returns the bytes written, 0 when
    /// nothing waits.
    /// </summary>
    public int WriteRtp(TimeSpan now, Span<byte> slab, out int segmentBytes)
    {
        segmentBytes = 0;
        if (_srtp is null)
            return 0;
        if (_sound is { FramesQueued: > 0 } && _picture is not null && _picture.HasAtMost(MostSegments))
        {
            int pictureBytes = WriteRun(now, _picture, slab, out segmentBytes);
            if (pictureBytes > 0)
                return pictureBytes + WriteRider(now, _sound, slab[pictureBytes..], pictureBytes, segmentBytes);
        }

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

            total += Protect(packet, header[..packet.WriteHeader(header)], slab[total..]);
            stream.Advance();
            if (count == 0)
                segmentBytes = packetBytes;
            else if (packetBytes < segmentBytes)
                break;
        }

        return total;
    }

    /// <summary>
    /// Lets a sound packet ride as the last segment of a picture's message, which costs far less than a message of its own; 0 when that
    /// ends with a shorter segment already.
    /// </summary>
    private int WriteRider(TimeSpan now, RtpSendStream sound, Span<byte> slab, int pictureBytes, int segmentBytes)
    {
        if (pictureBytes % segmentBytes != 0
            || !sound.TryPeekPacket(now, out RtpPacketToSend packet)
            || packet.ByteCount + _srtp!.OverheadBytes > Math.Min(segmentBytes, slab.Length))
        {
            return 0;
        }

        Span<byte> header = stackalloc byte[MostHeaderBytes];
        int byteCount = Protect(packet, header[..packet.WriteHeader(header)], slab);
        sound.Advance();
        return byteCount;
    }

    private int Protect(in RtpPacketToSend packet, ReadOnlySpan<byte> header, Span<byte> destination)
    {
        ReadOnlySpan<byte> payload = packet.Payload;
        if (packet.OriginalSequenceNumber is not null)
        {
            // The payload of an RTX packet exists nowhere yet: it is put together where it is encrypted.
            Span<byte> place = destination.Slice(header.Length, packet.PayloadBytes);
            packet.WritePayload(place);
            payload = place;
        }

        return _srtp!.ProtectRtp(header, payload, packet.PacketIndex, destination);
    }
}
