using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Sdp;
using ComfyStream.WebRtc.Srtp;
using ComfyStream.WebRtc.Streams;

namespace ComfyStream.WebRtc;

/// <summary>
/// The receiving half of a peer: decrypts, finds the section that a packet belongs to, and owns one received stream per section.
/// Owned by the peer's thread.
/// </summary>
internal sealed class MediaReceiver : IDisposable
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeyFrameRequestInterval = TimeSpan.FromSeconds(1);

    // Layers that were not negotiated come under one payload type: the sources would displace each other at every packet.
    private static readonly TimeSpan SilenceBeforeNewSource = TimeSpan.FromMilliseconds(200);

    private readonly NegotiatedMedia[] _media;
    private readonly RtpReceiveStream?[] _streams;
    private readonly MediaStatistics[] _formerStatistics;
    private readonly EarlySenderReports _earlyReports = new();
    private SrtpReceiveContext? _srtp;
    private TimeSpan _nextReport = TimeSpan.MaxValue;
    private TimeSpan _nextKeyFrameRequest;
    private bool _keyFrameWanted;

    public MediaReceiver(NegotiatedSession session)
    {
        _media = [.. session.Media.Where(media => media.Receive)];
        _streams = new RtpReceiveStream?[_media.Length];
        _formerStatistics = new MediaStatistics[_media.Length];
    }

    /// <summary>Packets that could not be decrypted, or that belong to no section.</summary>
    public long PacketsRefused { get; private set; }

    /// <summary>The earliest time at which a stream, a report or a request has something to do.</summary>
    public TimeSpan NextDeadline
    {
        get
        {
            TimeSpan next = _nextReport;
            foreach (RtpReceiveStream? stream in _streams)
            {
                if (stream is not null && stream.NextDeadline < next)
                    next = stream.NextDeadline;
            }

            return WantsKeyFrame && _nextKeyFrameRequest < next ? _nextKeyFrameRequest : next;
        }
    }

    private bool WantsKeyFrame
    {
        get
        {
            // Before its first packet there is no SSRC to ask.
            foreach (RtpReceiveStream? stream in _streams)
            {
                if (stream is { Kind: MediaKind.Video } && (_keyFrameWanted || stream.NeedsKeyFrame))
                    return true;
            }

            return false;
        }
    }

    /// <summary>Begins to accept packets under these keys.</summary>
    public void Start(SrtpProfile profile, ReadOnlySpan<byte> masterKey, ReadOnlySpan<byte> masterSalt) =>
        _srtp = new SrtpReceiveContext(profile, masterKey, masterSalt);

    /// <summary>Handles an SRTP packet, decrypting in place. True when it was authentic.</summary>
    public bool HandleRtp(TimeSpan now, Span<byte> packet)
    {
        if (_srtp is null || !_srtp.TryUnprotectRtp(packet, out int headerBytes, out int payloadBytes, out _))
        {
            PacketsRefused++;
            return false;
        }

        ReadOnlySpan<byte> plain = packet[..(headerBytes + payloadBytes)];
        if (!RtpHeader.TryParse(plain, out RtpHeader header)
            || !header.TryGetPayload(plain, out ReadOnlySpan<byte> payload)
            || !Deliver(now, header, plain, payload))
        {
            PacketsRefused++;
            return true;
        }

        if (_nextReport == TimeSpan.MaxValue)
            _nextReport = now + ReportInterval;
        return true;
    }

    /// <summary>Decrypts an SRTCP packet in place. True when it was authentic.</summary>
    public bool TryUnprotectRtcp(Span<byte> packet, out int byteCount)
    {
        byteCount = 0;
        return _srtp is not null && _srtp.TryUnprotectRtcp(packet, out byteCount);
    }

    /// <summary>Notes a sender report of one of the streams, or of one that is about to begin.</summary>
    public void HandleSenderReport(TimeSpan now, in SenderReport report)
    {
        foreach (RtpReceiveStream? stream in _streams)
        {
            if (stream is null || stream.Ssrc != report.Ssrc)
                continue;
            stream.HandleSenderReport(now, report);
            return;
        }

        _earlyReports.Add(now, report);
    }

    /// <summary>Gives up on what is missing for too long.</summary>
    public void HandleDeadline(TimeSpan now)
    {
        foreach (RtpReceiveStream? stream in _streams)
            stream?.HandleDeadline(now);
    }

    /// <summary>Asks for a key frame with the next RTCP, and again every second until one has come: requests get lost too.</summary>
    public void RequestKeyFrame() => _keyFrameWanted = true;

    /// <summary>The oldest complete frame of any section.</summary>
    public bool TryFindFrame(out RtpReceiveStream? owner, out ReceivedFrame frame)
    {
        foreach (RtpReceiveStream? stream in _streams)
        {
            if (stream is not null && stream.TryGetFrame(out frame))
            {
                owner = stream;
                return true;
            }
        }

        owner = null;
        frame = default;
        return false;
    }

    /// <summary>Takes the oldest complete frame; false when there is none or it is larger than <paramref name="destination"/>.</summary>
    public bool TryReadFrame(Span<byte> destination, out ReceivedFrame frame)
    {
        if (!TryFindFrame(out RtpReceiveStream? stream, out frame) || destination.Length < frame.ByteCount)
            return false;
        stream!.ReadFrame(destination);
        if (frame is { Kind: MediaKind.Video, IsKeyFrame: true })
            _keyFrameWanted = false;
        return true;
    }

    /// <summary>Whether pictures were lost since the last call.</summary>
    public bool TryTakeVideoLoss()
    {
        foreach (RtpReceiveStream? stream in _streams)
        {
            if (stream is { Kind: MediaKind.Video } && stream.TryTakeLoss())
                return true;
        }

        return false;
    }

    /// <summary>The last sender report of that kind's stream.</summary>
    public bool TryGetSenderReport(MediaKind kind, out ulong ntpTime, out long rtpTimestamp)
    {
        foreach (RtpReceiveStream? stream in _streams)
        {
            if (stream is not null && stream.Kind == kind)
                return stream.TryGetSenderReport(out ntpTime, out rtpTimestamp);
        }

        ntpTime = 0;
        rtpTimestamp = 0;
        return false;
    }

    /// <summary>The counts of that kind.</summary>
    public MediaStatistics GetStatistics(MediaKind kind)
    {
        MediaStatistics statistics = default;
        for (int i = 0; i < _media.Length; i++)
        {
            if (_media[i].Kind != kind)
                continue;
            statistics = _formerStatistics[i];
            _streams[i]?.AddStatistics(ref statistics);
        }

        return statistics;
    }

    /// <summary>
    /// Writes the reports and requests that are due as one compound packet. To a peer that takes reduced-size RTCP (RFC 5506) each
    /// request goes alone, by the next call: FFmpeg reads a NACK only when nothing else is in its packet.
    /// </summary>
    public void WriteRtcp(TimeSpan now, ref RtcpWriter writer)
    {
        if (now >= _nextReport)
        {
            _nextReport = now + ReportInterval;
            WriteReceiverReport(now, ref writer);
        }

        for (int i = 0; i < _streams.Length; i++)
        {
            if (_streams[i] is not { } stream)
                continue;
            if (stream.IsNackDue(now))
            {
                if (!TryBeginFeedback(ref writer, _media[i]))
                    return;
                stream.TryWriteNack(now, _media[i].LocalSsrc, ref writer);
            }

            if (IsKeyFrameRequestDue(now, stream))
            {
                if (!TryBeginFeedback(ref writer, _media[i]))
                    return;
                _nextKeyFrameRequest = now + KeyFrameRequestInterval;
                stream.WriteKeyFrameRequest(_media[i], ref writer);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _srtp?.Dispose();
        _srtp = null;
    }

    private void WriteReceiverReport(TimeSpan now, ref RtcpWriter writer)
    {
        Span<ReportBlock> blocks = stackalloc ReportBlock[2];
        int count = 0;
        foreach (RtpReceiveStream? stream in _streams)
        {
            if (stream is not null && count < blocks.Length && stream.TryTakeReportBlock(now, out ReportBlock block))
                blocks[count++] = block;
        }

        if (count > 0 && writer.TryWriteReceiverReport(_media[0].LocalSsrc, blocks[..count]))
            writer.TryWriteCname(_media[0].LocalSsrc, _media[0].Cname);
    }

    private bool IsKeyFrameRequestDue(TimeSpan now, RtpReceiveStream stream) =>
        stream.Kind == MediaKind.Video && (_keyFrameWanted || stream.NeedsKeyFrame) && now >= _nextKeyFrameRequest;

    /// <summary>A compound packet begins with a report (RFC 3550 6.1); a reduced one holds nothing yet, or this request is not for it.</summary>
    private static bool TryBeginFeedback(ref RtcpWriter writer, NegotiatedMedia media)
    {
        if (writer.ByteCount > 0)
            return !media.ReducedSizeRtcp;
        if (!media.ReducedSizeRtcp)
            writer.TryWriteReceiverReport(media.LocalSsrc);
        return true;
    }

    /// <summary>
    /// Gives a packet to its stream. A new SSRC takes its section over when the one before has fallen silent. Retransmissions need no
    /// SSRC to be known: their payload type says what they are (RFC 4588 8). Probes on SSRC 0 make no stream, and neither does a packet
    /// that a stream would refuse.
    /// </summary>
    private bool Deliver(TimeSpan now, in RtpHeader header, ReadOnlySpan<byte> packet, ReadOnlySpan<byte> payload)
    {
        foreach (RtpReceiveStream? known in _streams)
        {
            if (known is null || known.Ssrc != header.Ssrc)
                continue;
            known.HandlePacket(now, header, payload);
            return true;
        }

        if (header.Ssrc == 0 || !SectionFinder.TryFind(_media, header, packet, out int section, out RtpCodec? codec))
            return false;

        RtpReceiveStream? stream = _streams[section];
        if (codec.RtxPayloadType == header.PayloadType)
            stream?.HandleRetransmission(now, header, codec.PayloadType, payload);
        else if (payload.Length <= JitterBuffer.SlotBytes && (stream is null || now - stream.LastPacketAt >= SilenceBeforeNewSource))
            Replace(section, header.Ssrc).HandlePacket(now, header, payload);
        else
            return false;
        return true;
    }

    private RtpReceiveStream Replace(int section, uint ssrc)
    {
        _streams[section]?.AddStatistics(ref _formerStatistics[section]);
        var stream = new RtpReceiveStream(_media[section], ssrc);
        _earlyReports.GiveTo(stream);
        return _streams[section] = stream;
    }
}
