using System.Buffers.Binary;
using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.WebRtc.Streams;

/// <summary>
/// One received SSRC: orders its packets, asks for missing ones, gives up on what does not come in time and hands out whole frames.
/// The codec may change from frame to frame among those of the section. A peer that changes its SSRC gets a new object.
/// Owned by the event loop's thread.
/// </summary>
internal sealed class RtpReceiveStream
{
    private const int VideoCapacity = 1024;
    private const int AudioCapacity = 64;

    /// <summary>Packets before the first one that may still come, while nothing was taken yet.</summary>
    private const int MaxReorderingAtStart = 32;

    private const int MaxNackItems = 64;

    private static readonly TimeSpan _patienceWithNack = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan _patienceWithoutNack = TimeSpan.FromMilliseconds(80);
    private static readonly TimeSpan _patienceForAudio = TimeSpan.FromMilliseconds(60);

    // By payload type. One without a format was negotiated but is of no use here: it only takes its sequence number.
    private readonly bool[] _isNegotiated = new bool[128];
    private readonly PayloadFormat?[] _formats = new PayloadFormat?[128];
    private readonly JitterBuffer _buffer;
    private readonly FrameAssembler _frames;
    private readonly NackGenerator? _nack;
    private readonly ReceptionStatistics _statistics;
    private readonly TimeSpan _patience;
    private readonly int _clockRate;

    private bool _hasStarted;
    private long _highestSequence;
    private long _highestTimestamp;
    private long _holeAt = long.MinValue;
    private TimeSpan _giveUpAt = TimeSpan.MaxValue;

    /// <param name="media">The section that the stream belongs to.</param>
    /// <param name="ssrc">Its SSRC, not 0.</param>
    public RtpReceiveStream(NegotiatedMedia media, uint ssrc)
    {
        Ssrc = ssrc;
        Kind = media.Kind;
        bool isVideo = Kind == MediaKind.Video;
        foreach (RtpCodec codec in media.Codecs)
        {
            _isNegotiated[codec.PayloadType & 0x7F] = true;
            _formats[codec.PayloadType & 0x7F] = codec.Format?.Kind() == Kind ? codec.Format : null;
        }

        _buffer = new JitterBuffer(isVideo ? VideoCapacity : AudioCapacity);
        _frames = new FrameAssembler(_buffer, Kind, ssrc);
        _nack = media.Nack ? new NackGenerator() : null;
        _clockRate = media.Codec.ClockRate;
        _statistics = new ReceptionStatistics(ssrc, _clockRate);
        _patience = !isVideo ? _patienceForAudio : media.Nack ? _patienceWithNack : _patienceWithoutNack;
    }

    /// <summary>The stream's SSRC.</summary>
    public uint Ssrc { get; }

    /// <summary>Sound or picture.</summary>
    public MediaKind Kind { get; }

    /// <summary>Pictures are being withheld for want of a key frame: ask for one, and again until this is false.</summary>
    public bool NeedsKeyFrame => _frames.NeedsKeyFrame;

    /// <summary>The last sender report, null before the first.</summary>
    public SenderReport? LastSenderReport { get; private set; }

    /// <summary>Packets, duplicates included, without retransmissions on another SSRC.</summary>
    public long PacketsReceived => _statistics.Received;

    /// <summary>When the last packet came.</summary>
    public TimeSpan LastPacketAt { get; private set; }

    /// <summary>Payload bytes.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>Packets that never came or came too late, as reported to the peer.</summary>
    public long PacketsLost => _statistics.CumulativeLost;

    /// <summary>Interarrival jitter in units of the codec's clock.</summary>
    public uint Jitter => _statistics.Jitter;

    /// <summary>Frames taken.</summary>
    public long FramesReceived => _frames.FramesRead;

    /// <summary>Times that a frame, or more at once, was lost or broken.</summary>
    public long Losses => _frames.Losses;

    /// <summary>Whole frames withheld because they need a key frame first.</summary>
    public long FramesDiscarded => _frames.FramesDiscarded;

    /// <summary>Packets of another SSRC or an unknown payload type, or too large.</summary>
    public long PacketsIgnored { get; private set; }

    /// <summary>Packets that came twice or after their frame was given up.</summary>
    public long PacketsLate { get; private set; }

    /// <summary>Retransmissions on another SSRC (RFC 4588), without the probes that carry no packet.</summary>
    public long RetransmissionsReceived { get; private set; }

    /// <summary>Those of them that brought nothing missing.</summary>
    public long RetransmissionsUnused { get; private set; }

    /// <summary>NACK messages written.</summary>
    public long NacksSent { get; private set; }

    /// <summary>Requests for a key frame that were written.</summary>
    public long KeyFrameRequestsSent { get; private set; }

    /// <summary>When <see cref="HandleDeadline"/> or <see cref="TryWriteNack"/> has something to do.</summary>
    public TimeSpan NextDeadline
    {
        get
        {
            TimeSpan nack = _nack is null ? TimeSpan.MaxValue : _nack.NextDeadline;
            return nack < _giveUpAt ? nack : _giveUpAt;
        }
    }

    /// <summary>
    /// Handles an authenticated packet; <paramref name="payload"/> is decrypted, without padding, and borrowed. Take frames with
    /// <see cref="TryGetFrame"/> until false before the next call. False if the packet was of no use.
    /// </summary>
    public bool HandlePacket(TimeSpan now, in RtpHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Ssrc != Ssrc || Ssrc == 0 || !_isNegotiated[header.PayloadType] || payload.Length > JitterBuffer.SlotBytes)
        {
            PacketsIgnored++;
            return false;
        }

        long sequence = header.SequenceNumber;
        long timestamp = header.Timestamp;
        if (_hasStarted)
        {
            sequence = SequenceNumber.Extend(header.SequenceNumber, _highestSequence);
            timestamp = RtpTimestamp.Extend(header.Timestamp, _highestTimestamp);
        }

        _statistics.HandlePacket(now, sequence, header.Timestamp);
        BytesReceived += payload.Length;
        LastPacketAt = now;
        if (!TryAdmit(now, sequence, timestamp))
        {
            PacketsLate++;
            return false;
        }

        PayloadFormat? format = _formats[header.PayloadType];
        _buffer.Add(sequence, timestamp, header.Marker, now, format.GetValueOrDefault(), format is null ? default : payload);
        UpdateHole();
        return true;
    }

    /// <summary>
    /// Handles a packet sent again on another SSRC (RFC 4588 4): <paramref name="payload"/> is the original sequence number and the
    /// original payload. It only ever fills a hole: it says nothing of the path's loss and jitter, and moves no window. False if
    /// it was of no use.
    /// </summary>
    /// <param name="now">Time of arrival.</param>
    /// <param name="header">The retransmission's header; marker and timestamp are the original's.</param>
    /// <param name="payloadType">The original's payload type.</param>
    /// <param name="payload">Decrypted, without padding, and borrowed; empty for a probe, which senders make of padding.</param>
    public bool HandleRetransmission(TimeSpan now, in RtpHeader header, byte payloadType, ReadOnlySpan<byte> payload)
    {
        if (payload.Length < RtpPacketToSend.OriginalSequenceBytes || payload.Length > JitterBuffer.SlotBytes)
            return false;

        RetransmissionsReceived++;
        long sequence = SequenceNumber.Extend(BinaryPrimitives.ReadUInt16BigEndian(payload), _highestSequence);
        if (_formats[payloadType] is not { } format || !_buffer.IsMissing(sequence))
        {
            RetransmissionsUnused++;
            return false;
        }

        _nack?.HandlePacket(now, sequence);
        long timestamp = RtpTimestamp.Extend(header.Timestamp, _highestTimestamp);
        _buffer.Add(sequence, timestamp, header.Marker, now, format, payload[RtpPacketToSend.OriginalSequenceBytes..]);
        UpdateHole();
        return true;
    }

    /// <summary>Notes a sender report of this stream.</summary>
    public void HandleSenderReport(TimeSpan now, in SenderReport report)
    {
        LastSenderReport = report;
        _statistics.HandleSenderReport(now, report);
    }

    /// <summary>The last sender report: its RTP timestamp as those of the frames are, without wraps. False before it, or before the first packet.</summary>
    public bool TryGetSenderReport(out ulong ntpTime, out long rtpTimestamp)
    {
        ntpTime = 0;
        rtpTimestamp = 0;
        if (!_hasStarted || LastSenderReport is not { } report)
            return false;

        ntpTime = report.NtpTime;
        rtpTimestamp = RtpTimestamp.Extend(report.RtpTimestamp, _highestTimestamp);
        return true;
    }

    /// <summary>
    /// Gives up on what is missing for too long. Take frames with <see cref="TryGetFrame"/> until false before and after. Ends with a
    /// whole frame that lies before the next hole, even when that one's time is over too: then it is still due.
    /// </summary>
    public void HandleDeadline(TimeSpan now)
    {
        bool hasFrame = false;
        while (_giveUpAt <= now && !hasFrame)
        {
            GiveUp(_buffer.FindHeld(_buffer.ContiguousEnd));
            hasFrame = _frames.TryGetFrame(out _);
        }
    }

    /// <summary>The oldest complete frame, which <see cref="ReadFrame"/> takes.</summary>
    public bool TryGetFrame(out ReceivedFrame frame) => _frames.TryGetFrame(out frame);

    /// <summary>Writes the frame that <see cref="TryGetFrame"/> told of and takes it. Returns its ByteCount.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    /// <exception cref="ArgumentException">The destination is too small; the frame stays.</exception>
    public int ReadFrame(Span<byte> destination) => _frames.Read(destination);

    /// <summary>Whether pictures were lost since the last call.</summary>
    public bool TryTakeLoss() => _frames.TryTakeLoss();

    /// <summary>Whether <see cref="TryWriteNack"/> has something to ask for.</summary>
    public bool IsNackDue(TimeSpan now) => _nack is not null && _nack.NextDeadline <= now;

    /// <summary>Writes one generic NACK with all that is to be asked for now. False if there is nothing (or no room: 12 bytes and 4 for each of 64 entries suffice).</summary>
    public bool TryWriteNack(TimeSpan now, uint senderSsrc, ref RtcpWriter writer)
    {
        if (!IsNackDue(now))
            return false;

        Span<NackItem> items = stackalloc NackItem[MaxNackItems];
        int count = _nack!.TakeDue(now, items);
        if (count == 0 || !writer.TryWriteGenericNack(senderSsrc, Ssrc, items[..count]))
            return false;

        NacksSent++;
        return true;
    }

    /// <summary>Writes a request for a key frame: PLI, or FIR where only that was negotiated.</summary>
    public void WriteKeyFrameRequest(NegotiatedMedia media, ref RtcpWriter writer)
    {
        // A picture that was sent but lost again must be answered anew, so each request has a new number (RFC 5104 4.3.1.2).
        if (media.Pli || !media.Fir)
            writer.TryWritePictureLossIndication(media.LocalSsrc, Ssrc);
        else
            writer.TryWriteFullIntraRequest(media.LocalSsrc, Ssrc, (byte)KeyFrameRequestsSent);
        KeyFrameRequestsSent++;
    }

    /// <summary>Adds the counts to <paramref name="statistics"/>, which may hold those of the section's former SSRCs.</summary>
    public void AddStatistics(ref MediaStatistics statistics) => statistics = statistics with
    {
        PacketsReceived = statistics.PacketsReceived + PacketsReceived,
        BytesReceived = statistics.BytesReceived + BytesReceived,
        PacketsLost = statistics.PacketsLost + PacketsLost,
        Jitter = RtpTimestamp.ToTime(Jitter, _clockRate),
        RetransmissionsReceived = statistics.RetransmissionsReceived + RetransmissionsReceived,
        FramesReceived = statistics.FramesReceived + FramesReceived,
        FramesDiscarded = statistics.FramesDiscarded + FramesDiscarded,
        Losses = statistics.Losses + Losses,
        NacksSent = statistics.NacksSent + NacksSent,
        KeyFrameRequestsSent = statistics.KeyFrameRequestsSent + KeyFrameRequestsSent,
    };

    /// <summary>Makes the report block for the time since the last one. False before the first packet.</summary>
    public bool TryTakeReportBlock(TimeSpan now, out ReportBlock block)
    {
        block = default;
        if (!_hasStarted)
            return false;

        block = _statistics.TakeReportBlock(now);
        return true;
    }

    /// <summary>Moves the buffer's window so that it can hold the packet. False if it is there already or its time is over.</summary>
    private bool TryAdmit(TimeSpan now, long sequence, long timestamp)
    {
        if (!_hasStarted)
        {
            _hasStarted = true;
            _highestSequence = sequence;
            _highestTimestamp = timestamp;
            _buffer.Restart(sequence);
            _frames.Rescan();
        }

        bool isHopeless = _nack is not null && !_nack.HandlePacket(now, sequence);
        if (sequence < _buffer.Head)
        {
            if (_frames.HasConsumed || _buffer.Tail - sequence > MaxReorderingAtStart)
                return false;
            _buffer.MoveHeadBack(sequence);
            _frames.Rescan();
        }
        else if (isHopeless || sequence - _buffer.Head >= _buffer.Capacity)
        {
            _buffer.Restart(sequence);
            GiveUp(sequence);
        }
        else if (_buffer.Contains(sequence))
        {
            return false;
        }

        if (sequence > _highestSequence)
        {
            _highestSequence = sequence;
            _highestTimestamp = timestamp;
        }

        return true;
    }

    /// <summary>Goes on at <paramref name="next"/>; whatever is held before it is discarded.</summary>
    private void GiveUp(long next)
    {
        _nack?.DropBefore(next);
        _frames.SkipTo(next);
        UpdateHole();
    }

    /// <summary>A hole's time runs from the arrival of the first packet behind it.</summary>
    private void UpdateHole()
    {
        if (!_buffer.HasHole)
        {
            _holeAt = long.MinValue;
            _giveUpAt = TimeSpan.MaxValue;
        }
        else if (_holeAt != _buffer.ContiguousEnd)
        {
            _holeAt = _buffer.ContiguousEnd;
            _giveUpAt = _buffer[_buffer.FindHeld(_holeAt)].Arrival + _patience;
        }
    }
}
