using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.WebRtc.Streams;

/// <summary>
/// One sent SSRC: gives frames their sequence numbers and timestamps, hands out packet after packet, and the same again when the
/// peer asks for it: as RTX packets with an SSRC and sequence numbers of their own (RFC 4588) if the peer takes them, else as they
/// were. Sound and picture share one timeline: a frame's RTP timestamp is its media time, and sender reports tell where
/// on it NTP time is. Owned by the event loop's thread.
/// </summary>
internal sealed class RtpSendStream
{
    private const int MaxQueuedFrames = 8;

    // Two seconds of 60 fps: what a viewer who joins is given of the past.
    private const int MaxReplayedFrames = 128;

    // 80 Mbit/s, in bursts that neither a socket's buffer nor a home's line drops: a wake-up of the loop for each burst, not for each frame.
    private const double ReplayBytesPerSecond = 10e6;
    private const int ReplayBurstBytes = 40_000;

    private const int MaxSentVideoFrames = 128;
    private const int MaxSentAudioFrames = 64;

    private static readonly TimeSpan _minReportInterval = TimeSpan.FromMilliseconds(850);
    private const int ReportIntervalSpreadMilliseconds = 300;

    // A report that is due leaves with the next frame, which saves the loop a wake-up; this long it waits for one.
    private static readonly TimeSpan _maxReportDelay = TimeSpan.FromMilliseconds(50);

    private readonly byte[] _extensionBlock;
    private readonly RtpCodec?[] _codecs = new RtpCodec?[PayloadFormats.Count];
    private readonly RtpCodec?[] _h264Codecs = new RtpCodec?[(int)H264Profile.Other + 1];
    private readonly int _clockRate;
    private readonly uint? _rtxSsrc;
    private readonly uint _timestampOffset;
    private readonly ulong _ntpEpoch;
    private readonly string _cname;
    private readonly Queue<PendingFrame> _queue = new(MaxQueuedFrames);
    private readonly Retransmitter? _retransmitter;
    private readonly RemoteFeedback _remote;

    private int _replayedQueued;
    private TimeSpan _nextReplay;
    private int _replayBurstBytes;
    private SentFrame _current;
    private bool _isSending;
    private int _nextPacket;
    private ulong _nextPacketIndex;
    private int _peekedPayloadBytes;
    private bool _isPeekedRetransmission;
    private bool _isPeekedRtx;
    private bool _isClosed;
    private uint _intervalState;

    /// <param name="media">The section that is sent.</param>
    /// <param name="initialSequence">Random; its highest bit is ignored, so that the first packets cannot wrap before the peer knows the roll-over counter (RFC 3711 3.3.1).</param>
    /// <param name="timestampOffset">Random (RFC 3550 5.1).</param>
    /// <param name="ntpEpoch">64-bit NTP time of monotonic time zero.</param>
    /// <param name="initialRtxSequence">The same as <paramref name="initialSequence"/> for retransmissions.</param>
    public RtpSendStream(NegotiatedMedia media, ushort initialSequence, uint timestampOffset, ulong ntpEpoch, ushort initialRtxSequence = 0)
    {
        Kind = media.Kind;
        Ssrc = media.LocalSsrc;
        _rtxSsrc = media.LocalRtxSsrc;
        for (int i = 0; i < _codecs.Length; i++)
            _codecs[i] = media.FindCodec((PayloadFormat)i);
        for (int i = 0; i < _h264Codecs.Length; i++)
            _h264Codecs[i] = media.FindCodec(PayloadFormat.H264, (H264Profile)i);
        _clockRate = media.Codec.ClockRate;
        _cname = media.Cname;
        _extensionBlock = RtpHeaderWriter.MakeExtensionBlock(media.Extensions, media.Mid);
        _nextPacketIndex = initialSequence & 0x7FFFu;
        _remote = new RemoteFeedback(Ssrc);
        _timestampOffset = timestampOffset;
        _ntpEpoch = ntpEpoch;
        _intervalState = Ssrc;
        if (media.Nack)
            _retransmitter = new Retransmitter(Kind == MediaKind.Video ? MaxSentVideoFrames : MaxSentAudioFrames, initialRtxSequence);
    }

    /// <summary>Our SSRC.</summary>
    public uint Ssrc { get; }

    /// <summary>Sound or picture.</summary>
    public MediaKind Kind { get; }

    /// <summary>Bytes of every packet's header.</summary>
    public int HeaderBytes => RtpHeader.FixedLengthBytes + _extensionBlock.Length;

    /// <summary>Frames that wait, the one being sent included.</summary>
    public int FramesQueued => _queue.Count + (_isSending ? 1 : 0);

    /// <summary>Whether no more packets than these wait, and none to be sent again.</summary>
    public bool HasAtMost(int packetCount)
    {
        if (_retransmitter is { IsEmpty: false } || FramesQueued > 1)
            return false;
        if (_isSending)
            return _current.Frame.PacketCount - _nextPacket <= packetCount;
        return !_queue.TryPeek(out PendingFrame next) || next.Frame.PacketCount <= packetCount;
    }

    /// <summary>Packets sent, without retransmissions.</summary>
    public long PacketsSent { get; private set; }

    /// <summary>Payload bytes sent, without retransmissions.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Frames sent whole.</summary>
    public long FramesSent { get; private set; }

    /// <summary>Frames refused because the queue was full, or the peer does not take their codec.</summary>
    public long FramesDropped { get; private set; }

    /// <summary>Packets sent again.</summary>
    public long PacketsRetransmitted => _retransmitter?.PacketsSent ?? 0;

    /// <summary>Payload bytes sent again.</summary>
    public long BytesRetransmitted => _retransmitter?.BytesSent ?? 0;

    /// <summary>Packets asked for again that were too old, asked for twice, or above the allowance.</summary>
    public long RetransmissionsRefused => _retransmitter?.Refused ?? 0;

    /// <summary>The peer's last report on this stream, null before the first.</summary>
    public ReportBlock? LastReportBlock => _remote.LastReportBlock;

    /// <summary>Round trip by the peer's last report, null before the first that answers a sender report.</summary>
    public TimeSpan? RoundTripTime => _remote.RoundTripTime;

    /// <summary>Generic NACK messages from the peer.</summary>
    public long NacksReceived { get; private set; }

    /// <summary>When the next sender report is due: right after the first frame, then about every second.</summary>
    public TimeSpan NextReport { get; private set; } = TimeSpan.MaxValue;

    /// <summary>When a sender report cannot wait for a frame any longer, or the next frame of a replay is due.</summary>
    public TimeSpan NextDeadline
    {
        get
        {
            TimeSpan latestReport = NextReport == TimeSpan.MaxValue ? NextReport : NextReport + _maxReportDelay;
            return _queue.TryPeek(out PendingFrame next) && next.IsReplayed && _nextReplay < latestReport ? _nextReplay : latestReport;
        }
    }

    /// <summary>
    /// Queues a frame and takes a reference to it. False if the queue is full, the peer does not take its codec or profile, or the
    /// stream is closed: the frame is dropped.
    /// </summary>
    /// <param name="frame">The frame.</param>
    /// <param name="mediaTime">Where it lies on this peer's timeline; null: at its own media time.</param>
    /// <param name="isReplayed">It is of the past and comes with others at once: these are spaced out, so that no buffer overflows.</param>
    public bool Enqueue(PacketizedFrame frame, TimeSpan? mediaTime = null, bool isReplayed = false)
    {
        int room = isReplayed ? MaxReplayedFrames : MaxQueuedFrames + _replayedQueued;
        if (_isClosed || _queue.Count >= room || CodecOf(frame) is null)
        {
            FramesDropped++;
            return false;
        }

        if (frame.PacketCount == 0)
            return true;

        frame.AddReference();
        _queue.Enqueue(new PendingFrame(frame, mediaTime ?? frame.MediaTime, isReplayed));
        _replayedQueued += isReplayed ? 1 : 0;
        return true;
    }

    /// <summary>The next packet: retransmissions first, then the frames in order. It stays the next one until <see cref="Advance"/>.</summary>
    public bool TryPeekPacket(TimeSpan now, out RtpPacketToSend packet)
    {
        SentFrame frame = default;
        int number = 0;
        _isPeekedRetransmission = _retransmitter is not null && _retransmitter.TryPeek(out frame, out number);
        if (!_isPeekedRetransmission)
        {
            if (!_isSending && !TryBeginFrame(now))
            {
                packet = default;
                return false;
            }

            frame = _current;
            number = _nextPacket;
        }

        packet = MakePacket(frame, number);
        _isPeekedRtx = packet.OriginalSequenceNumber is not null;
        _peekedPayloadBytes = packet.Payload.Length - packet.PaddingBytes;
        return true;
    }

    /// <summary>Takes the packet that <see cref="TryPeekPacket"/> gave. Its payload must have been used up by then.</summary>
    public void Advance()
    {
        if (_isPeekedRetransmission)
        {
            _isPeekedRetransmission = false;
            _retransmitter!.Dequeue(_peekedPayloadBytes, _isPeekedRtx);
            return;
        }

        BytesSent += _peekedPayloadBytes;
        PacketsSent++;
        _nextPacketIndex++;
        _retransmitter?.NotePacketSent(HeaderBytes + _peekedPayloadBytes);
        if (++_nextPacket == _current.Frame.PacketCount)
            EndFrame();
    }

    /// <summary>Handles what an RTCP packet says of this stream. True if it asks for a key frame.</summary>
    public bool HandleFeedback(TimeSpan now, in RtcpPacket packet)
    {
        for (int i = 0; ReportBlock.TryRead(packet, i, out ReportBlock block); i++)
            HandleReportBlock(now, block);

        for (int i = 0; GenericNack.TryRead(packet, i, out GenericNack nack) && nack.MediaSsrc == Ssrc; i++)
        {
            NacksReceived += i == 0 ? 1 : 0;
            HandleNack(now, nack.Item);
        }

        return Kind == MediaKind.Video && (_remote.AsksForKeyFrame(packet) | (_retransmitter?.TryTakeKeyFrameNeed() ?? false));
    }

    /// <summary>Queues what one entry of a generic NACK asks for, as far as it is known and allowed.</summary>
    public void HandleNack(TimeSpan now, NackItem item) =>
        _retransmitter?.Handle(now, item, _nextPacketIndex, HeaderBytes, RoundTripTime);

    /// <summary>Notes the peer's report on this stream.</summary>
    public void HandleReportBlock(TimeSpan now, in ReportBlock block) => _remote.Handle(NtpTimeAt(now), block);

    /// <summary>Writes sender report and canonical name, due or not. False before the first frame, or if there is no room.</summary>
    public bool TryWriteSenderReport(TimeSpan now, ref RtcpWriter writer)
    {
        if (NextReport == TimeSpan.MaxValue)
            return false;

        SenderReport report = new(Ssrc, NtpTimeAt(now), TimestampAt(now), (uint)PacketsSent, (uint)BytesSent);
        if (!writer.TryWriteSenderReport(report) || !writer.TryWriteCname(Ssrc, _cname))
            return false;

        // RFC 3550 6.2: intervals vary, so that reports of many streams do not fall together.
        _intervalState = _intervalState * 1664525 + 1013904223;
        NextReport = now + _minReportInterval + TimeSpan.FromMilliseconds((_intervalState >> 16) % ReportIntervalSpreadMilliseconds);
        _retransmitter?.Trim(now);
        return true;
    }

    /// <summary>Adds the counts to <paramref name="statistics"/>.</summary>
    public void AddStatistics(ref MediaStatistics statistics) => statistics = statistics with
    {
        PacketsSent = PacketsSent,
        BytesSent = BytesSent,
        FramesSent = FramesSent,
        FramesDropped = FramesDropped,
        PacketsRetransmitted = PacketsRetransmitted,
        BytesRetransmitted = BytesRetransmitted,
        RetransmissionsRefused = RetransmissionsRefused,
        RemotePacketsLost = LastReportBlock?.CumulativeLost ?? 0,
        RemoteFractionLost = (LastReportBlock?.FractionLost ?? 0) / 256.0,
        RemoteJitter = RtpTimestamp.ToTime(LastReportBlock?.Jitter ?? 0, _clockRate),
        NacksReceived = NacksReceived,
        PictureLossesReceived = _remote.PictureLosses,
        FullIntraRequestsReceived = _remote.FullIntraRequests,
    };

    /// <summary>Gives all references back; nothing is sent after that.</summary>
    public void ReleaseAll()
    {
        _isClosed = true;
        NextReport = TimeSpan.MaxValue;
        if (_isSending)
            _current.Frame.Release();
        _isSending = false;
        _current = default;
        while (_queue.TryDequeue(out PendingFrame waiting))
            waiting.Frame.Release();

        _retransmitter?.ReleaseAll();
    }

    private bool TryBeginFrame(TimeSpan now)
    {
        if (!_queue.TryPeek(out PendingFrame next) || (next.IsReplayed && now < _nextReplay))
            return false;

        PacketizedFrame frame = next.Frame;
        _queue.Dequeue();
        if (next.IsReplayed)
        {
            _replayedQueued--;
            NoteReplayed(now, frame.Payloads.Length);
        }

        _nextPacket = 0;
        _current = new SentFrame
        {
            Frame = frame,
            FirstPacketIndex = _nextPacketIndex,
            RtpTimestamp = TimestampAt(next.MediaTime),
            SentAt = now,
        };
        _isSending = true;
        _retransmitter?.Add(_current);
        return true;
    }

    private void NoteReplayed(TimeSpan now, int byteCount)
    {
        _replayBurstBytes += byteCount;
        if (_replayBurstBytes < ReplayBurstBytes)
            return;
        _nextReplay = now + TimeSpan.FromSeconds(_replayBurstBytes / ReplayBytesPerSecond);
        _replayBurstBytes = 0;
    }

    private void EndFrame()
    {
        FramesSent++;
        if (NextReport == TimeSpan.MaxValue)
            NextReport = _current.SentAt;
        _isSending = false;
        _current.Frame.Release();
        _current = default;
    }

    private RtpPacketToSend MakePacket(SentFrame frame, int number)
    {
        RtpCodec codec = CodecOf(frame.Frame)!;
        ulong packetIndex = frame.FirstPacketIndex + (uint)number;
        bool isRtx = _isPeekedRetransmission && _rtxSsrc is not null && codec.RtxPayloadType is not null;
        return new RtpPacketToSend
        {
            Payload = isRtx ? frame.Frame.GetPayload(number) : frame.Frame.GetPaddedPayload(number),
            PaddingBytes = isRtx || number < frame.Frame.PacketCount - 1 ? 0 : frame.Frame.PaddingBytes,
            ExtensionBlock = _extensionBlock,
            Ssrc = isRtx ? _rtxSsrc!.Value : Ssrc,
            PayloadType = isRtx ? codec.RtxPayloadType!.Value : codec.PayloadType,
            Marker = Kind == MediaKind.Video && number == frame.Frame.PacketCount - 1,
            PacketIndex = isRtx ? _retransmitter!.NextRtxIndex : packetIndex,
            RtpTimestamp = frame.RtpTimestamp,
            IsRetransmission = _isPeekedRetransmission,
            OriginalSequenceNumber = isRtx ? (ushort)packetIndex : null,
        };
    }

    private RtpCodec? CodecOf(PacketizedFrame frame) =>
        frame.Format == PayloadFormat.H264 ? _h264Codecs[(int)frame.Profile] : _codecs[(int)frame.Format];

    private uint TimestampAt(TimeSpan time) => _timestampOffset + (uint)RtpTimestamp.FromTime(time, _clockRate);

    private ulong NtpTimeAt(TimeSpan time) => _ntpEpoch + NtpTime.FromTime(time);

    private readonly record struct PendingFrame(PacketizedFrame Frame, TimeSpan MediaTime, bool IsReplayed);
}
