using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.WebRtc.Streams;

/// <summary>
/// One sent SSRC: gives frames their sequence numbers and timestamps, hands out packet after packet, and the same again when the
/// peer asks for it. Sound and picture share one timeline: a frame's RTP timestamp is its media time, and sender reports tell where
/// on it NTP time is. Owned by the event loop's thread.
/// </summary>
internal sealed class RtpSendStream
{
    private const int MaxQueuedFrames = 8;
    private const int MaxSentVideoFrames = 128;
    private const int MaxSentAudioFrames = 64;

    private static readonly TimeSpan _minReportInterval = TimeSpan.FromMilliseconds(850);
    private const int ReportIntervalSpreadMilliseconds = 300;

    // Larger round trips than this are a wrapped difference of clocks.
    private static readonly TimeSpan _maxRoundTrip = TimeSpan.FromSeconds(60);

    private readonly byte[] _extensionBlock;
    private readonly byte _payloadType;
    private readonly int _clockRate;
    private readonly uint _timestampOffset;
    private readonly ulong _ntpEpoch;
    private readonly string _cname;
    private readonly PacketizedFrame[] _queue = new PacketizedFrame[MaxQueuedFrames];
    private readonly RetransmissionBuffer? _sent;
    private readonly RetransmissionQueue? _retransmissions;

    private int _queueFirst;
    private int _queueCount;
    private SentFrame _current;
    private bool _isSending;
    private int _nextPacket;
    private ulong _nextPacketIndex;
    private bool _isPeekedRetransmission;
    private bool _isClosed;
    private uint _intervalState;

    /// <param name="media">The section that is sent.</param>
    /// <param name="initialSequence">Random; its highest bit is ignored, so that the first packets cannot wrap before the peer knows the roll-over counter (RFC 3711 3.3.1).</param>
    /// <param name="timestampOffset">Random (RFC 3550 5.1).</param>
    /// <param name="ntpEpoch">64-bit NTP time of monotonic time zero.</param>
    public RtpSendStream(NegotiatedMedia media, ushort initialSequence, uint timestampOffset, ulong ntpEpoch)
    {
        Kind = media.Kind;
        Ssrc = media.LocalSsrc;
        _payloadType = media.Codec.PayloadType;
        _clockRate = media.Codec.ClockRate;
        _cname = media.Cname;
        _extensionBlock = RtpHeaderWriter.MakeExtensionBlock(media.Extensions, media.Mid);
        _nextPacketIndex = initialSequence & 0x7FFFu;
        _timestampOffset = timestampOffset;
        _ntpEpoch = ntpEpoch;
        _intervalState = Ssrc;
        if (media.Nack)
        {
            _sent = new RetransmissionBuffer(Kind == MediaKind.Video ? MaxSentVideoFrames : MaxSentAudioFrames);
            _retransmissions = new RetransmissionQueue();
        }
    }

    /// <summary>Our SSRC.</summary>
    public uint Ssrc { get; }

    /// <summary>Sound or picture.</summary>
    public MediaKind Kind { get; }

    /// <summary>Bytes of every packet's header.</summary>
    public int HeaderBytes => RtpHeader.FixedLengthBytes + _extensionBlock.Length;

    /// <summary>Frames that wait, the one being sent included.</summary>
    public int FramesQueued => _queueCount + (_isSending ? 1 : 0);

    /// <summary>Packets sent, without retransmissions.</summary>
    public long PacketsSent { get; private set; }

    /// <summary>Payload bytes sent, without retransmissions.</summary>
    public long BytesSent { get; private set; }

    /// <summary>Frames sent whole.</summary>
    public long FramesSent { get; private set; }

    /// <summary>Frames refused because the queue was full.</summary>
    public long FramesDropped { get; private set; }

    /// <summary>Packets sent again.</summary>
    public long PacketsRetransmitted { get; private set; }

    /// <summary>Packets asked for again that were too old, asked for twice, or above the allowance.</summary>
    public long RetransmissionsRefused { get; private set; }

    /// <summary>The peer's last report on this stream, null before the first.</summary>
    public ReportBlock? LastReportBlock { get; private set; }

    /// <summary>Round trip by the peer's last report, null before the first that answers a sender report.</summary>
    public TimeSpan? RoundTripTime { get; private set; }

    /// <summary>When the next sender report is due: right after the first frame, then about every second.</summary>
    public TimeSpan NextDeadline { get; private set; } = TimeSpan.MaxValue;

    /// <summary>Queues a frame and takes a reference to it. False if the queue is full (or the stream is closed): the frame is dropped.</summary>
    public bool Enqueue(PacketizedFrame frame)
    {
        if (_isClosed || _queueCount == MaxQueuedFrames)
        {
            FramesDropped++;
            return false;
        }

        if (frame.PacketCount == 0)
            return true;

        frame.AddReference();
        _queue[(_queueFirst + _queueCount++) % MaxQueuedFrames] = frame;
        return true;
    }

    /// <summary>The next packet: retransmissions first, then the frames in order. It stays the next one until <see cref="Advance"/>.</summary>
    public bool TryPeekPacket(TimeSpan now, out RtpPacketToSend packet)
    {
        _isPeekedRetransmission = TryPeekRetransmission(out SentFrame frame, out int number);
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

        packet = new RtpPacketToSend
        {
            Payload = frame.Frame.GetPayload(number),
            ExtensionBlock = _extensionBlock,
            Ssrc = Ssrc,
            PayloadType = _payloadType,
            Marker = Kind == MediaKind.Video && number == frame.Frame.PacketCount - 1,
            PacketIndex = frame.FirstPacketIndex + (uint)number,
            RtpTimestamp = frame.RtpTimestamp,
            IsRetransmission = _isPeekedRetransmission,
        };
        return true;
    }

    /// <summary>Takes the packet that <see cref="TryPeekPacket"/> gave. Its payload must have been used up by then.</summary>
    public void Advance()
    {
        if (_isPeekedRetransmission)
        {
            _isPeekedRetransmission = false;
            _retransmissions!.Dequeue();
            PacketsRetransmitted++;
            return;
        }

        BytesSent += _current.Frame.GetPayload(_nextPacket).Length;
        PacketsSent++;
        _nextPacketIndex++;
        _retransmissions?.NotePacketSent();
        if (++_nextPacket == _current.Frame.PacketCount)
            EndFrame();
    }

    /// <summary>Queues what one entry of a generic NACK asks for, as far as it is known and allowed.</summary>
    public void HandleNack(TimeSpan now, NackItem item)
    {
        Retransmit(now, item.PacketId);
        for (int i = 0; i < 16; i++)
        {
            if ((item.LostBitmask >> i & 1) != 0)
                Retransmit(now, (ushort)(item.PacketId + i + 1));
        }
    }

    /// <summary>Notes the peer's report on this stream.</summary>
    public void HandleReportBlock(TimeSpan now, in ReportBlock block)
    {
        if (block.Ssrc != Ssrc)
            return;

        LastReportBlock = block;
        if (block.LastSenderReport == 0)
            return;

        uint roundTrip = NtpTime.ToCompact(NtpTimeAt(now)) - block.LastSenderReport - block.DelaySinceLastSenderReport;
        // Clocks that run a little apart make a very short round trip negative.
        TimeSpan time = (int)roundTrip < 0 ? TimeSpan.Zero : NtpTime.TimeFromCompact(roundTrip);
        if (time <= _maxRoundTrip)
            RoundTripTime = time;
    }

    /// <summary>Writes sender report and canonical name if they are due. False if not, or if there is no room.</summary>
    public bool TryWriteSenderReport(TimeSpan now, ref RtcpWriter writer)
    {
        if (now < NextDeadline)
            return false;

        SenderReport report = new(Ssrc, NtpTimeAt(now), TimestampAt(now), (uint)PacketsSent, (uint)BytesSent);
        if (!writer.TryWriteSenderReport(report) || !writer.TryWriteCname(Ssrc, _cname))
            return false;

        // RFC 3550 6.2: intervals vary, so that reports of many streams do not fall together.
        _intervalState = _intervalState * 1664525 + 1013904223;
        NextDeadline = now + _minReportInterval + TimeSpan.FromMilliseconds((_intervalState >> 16) % ReportIntervalSpreadMilliseconds);
        _sent?.Trim(now);
        return true;
    }

    /// <summary>Gives all references back; nothing is sent after that.</summary>
    public void ReleaseAll()
    {
        _isClosed = true;
        NextDeadline = TimeSpan.MaxValue;
        if (_isSending)
            _current.Frame.Release();
        _isSending = false;
        _current = default;
        for (; _queueCount > 0; _queueCount--)
        {
            _queue[_queueFirst].Release();
            _queue[_queueFirst] = null!;
            _queueFirst = (_queueFirst + 1) % MaxQueuedFrames;
        }

        _retransmissions?.Clear();
        _sent?.ReleaseAll();
    }

    private bool TryBeginFrame(TimeSpan now)
    {
        if (_queueCount == 0)
            return false;

        PacketizedFrame frame = _queue[_queueFirst];
        _queue[_queueFirst] = null!;
        _queueFirst = (_queueFirst + 1) % MaxQueuedFrames;
        _queueCount--;
        _nextPacket = 0;
        _current = new SentFrame
        {
            Frame = frame,
            FirstPacketIndex = _nextPacketIndex,
            RtpTimestamp = TimestampAt(frame.MediaTime),
            SentAt = now,
        };
        _isSending = true;
        _sent?.Add(_current);
        return true;
    }

    private void EndFrame()
    {
        FramesSent++;
        if (NextDeadline == TimeSpan.MaxValue)
            NextDeadline = _current.SentAt;
        _isSending = false;
        _current.Frame.Release();
        _current = default;
    }

    private void Retransmit(TimeSpan now, ushort sequenceNumber)
    {
        long packetIndex = SequenceNumber.Extend(sequenceNumber, (long)_nextPacketIndex);
        bool isKnown = _sent is not null && packetIndex >= 0 && (ulong)packetIndex < _nextPacketIndex && _sent.TryFind((ulong)packetIndex, out _, out _);
        if (!isKnown || !_retransmissions!.TryEnqueue(now, (ulong)packetIndex))
            RetransmissionsRefused++;
    }

    private bool TryPeekRetransmission(out SentFrame frame, out int packet)
    {
        frame = default;
        packet = 0;
        if (_retransmissions is null)
            return false;

        while (_retransmissions.TryPeek(out ulong packetIndex))
        {
            if (_sent!.TryFind(packetIndex, out frame, out packet))
                return true;
            RetransmissionsRefused++;
            _retransmissions.Dequeue();
        }

        return false;
    }

    private uint TimestampAt(TimeSpan time) => _timestampOffset + (uint)RtpTimestamp.FromTime(time, _clockRate);

    private ulong NtpTimeAt(TimeSpan time) => _ntpEpoch + NtpTime.FromTime(time);
}
