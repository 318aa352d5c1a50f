using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.WebRtc.Streams;

/// <summary>
/// One received SSRC: orders its packets, asks for missing ones, puts frames together and gives up on what does not come in time.
/// After a loss, pictures are withheld up to the next key frame. A peer that changes its SSRC gets a new object.
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

    private readonly PayloadUse[] _payloadUses = new PayloadUse[128];
    private readonly JitterBuffer _buffer;
    private readonly NackGenerator? _nack;
    private readonly ReceptionStatistics _statistics;
    private readonly TimeSpan _patience;

    private bool _hasStarted;
    private bool _hasConsumed;
    private long _highestSequence;
    private long _highestTimestamp;

    // The frame at the head: how far it was looked through, and, once its end was found, what it is.
    private long _scanned;
    private bool _isInFrame;
    private long _frameTimestamp;
    private long _frameEnd;
    private bool _isFrameReady;
    private ReceivedFrame _frame;

    private long _holeAt = long.MinValue;
    private TimeSpan _giveUpAt = TimeSpan.MaxValue;
    private bool _isStartUncertain;
    private bool _isSkippingToKeyFrame;
    private bool _isLossUntaken;

    /// <param name="media">The section that the stream belongs to.</param>
    /// <param name="ssrc">Its SSRC, not 0.</param>
    public RtpReceiveStream(NegotiatedMedia media, uint ssrc)
    {
        Ssrc = ssrc;
        Kind = media.Kind;
        bool isVideo = Kind == MediaKind.Video;
        foreach (RtpCodec codec in media.Codecs)
            _payloadUses[codec.PayloadType & 0x7F] = codec.Is(isVideo ? "H264" : "opus") ? PayloadUse.Media : PayloadUse.SequenceOnly;

        _buffer = new JitterBuffer(isVideo ? VideoCapacity : AudioCapacity);
        _nack = media.Nack ? new NackGenerator() : null;
        _statistics = new ReceptionStatistics(ssrc, media.Codec.ClockRate);
        _patience = !isVideo ? _patienceForAudio : media.Nack ? _patienceWithNack : _patienceWithoutNack;
        _isSkippingToKeyFrame = isVideo;
        _isStartUncertain = isVideo;
    }

    /// <summary>The stream's SSRC.</summary>
    public uint Ssrc { get; }

    /// <summary>Sound or picture.</summary>
    public MediaKind Kind { get; }

    /// <summary>Pictures are being withheld for want of a key frame: ask for one, and again until this is false.</summary>
    public bool NeedsKeyFrame { get; private set; }

    /// <summary>The last sender report, null before the first.</summary>
    public SenderReport? LastSenderReport { get; private set; }

    /// <summary>Packets, duplicates included.</summary>
    public long PacketsReceived => _statistics.Received;

    /// <summary>Payload bytes.</summary>
    public long BytesReceived { get; private set; }

    /// <summary>Packets that never came or came too late, as reported to the peer.</summary>
    public long PacketsLost => _statistics.CumulativeLost;

    /// <summary>Interarrival jitter in units of the codec's clock.</summary>
    public uint Jitter => _statistics.Jitter;

    /// <summary>Frames taken.</summary>
    public long FramesReceived { get; private set; }

    /// <summary>Times that a frame, or more at once, was lost or broken.</summary>
    public long Losses { get; private set; }

    /// <summary>Whole frames withheld because they need a key frame first.</summary>
    public long FramesDiscarded { get; private set; }

    /// <summary>Packets of another SSRC or an unknown payload type, or too large.</summary>
    public long PacketsIgnored { get; private set; }

    /// <summary>Packets that came twice or after their frame was given up.</summary>
    public long PacketsLate { get; private set; }

    /// <summary>NACK messages written.</summary>
    public long NacksSent { get; private set; }

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
        PayloadUse use = _payloadUses[header.PayloadType];
        if (header.Ssrc != Ssrc || Ssrc == 0 || use == PayloadUse.Unknown || payload.Length > JitterBuffer.SlotBytes)
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
        if (!TryAdmit(now, sequence, timestamp))
        {
            PacketsLate++;
            return false;
        }

        _buffer.Add(sequence, timestamp, header.Marker, now, use == PayloadUse.Media ? payload : default);
        UpdateHole();
        return true;
    }

    /// <summary>Notes a sender report of this stream.</summary>
    public void HandleSenderReport(TimeSpan now, in SenderReport report)
    {
        LastSenderReport = report;
        _statistics.HandleSenderReport(now, report);
    }

    /// <summary>Gives up on what is missing for too long. Take frames with <see cref="TryGetFrame"/> until false before and after.</summary>
    public void HandleDeadline(TimeSpan now)
    {
        while (_giveUpAt <= now)
            GiveUp(_buffer.FindHeld(_buffer.ContiguousEnd));
    }

    /// <summary>The oldest complete frame, which <see cref="ReadFrame"/> takes.</summary>
    public bool TryGetFrame(out ReceivedFrame frame)
    {
        while (!_isFrameReady && TryFindEnd(out long end, out TimeSpan endArrival))
            CloseFrame(end, endArrival);

        frame = _isFrameReady ? _frame : default;
        return _isFrameReady;
    }

    /// <summary>Writes the frame that <see cref="TryGetFrame"/> told of and takes it. Returns its ByteCount.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    /// <exception cref="ArgumentException">The destination is too small; the frame stays.</exception>
    public int ReadFrame(Span<byte> destination)
    {
        if (!_isFrameReady)
            throw new InvalidOperationException("No frame is ready: TryGetFrame says when there is one.");
        if (destination.Length < _frame.ByteCount)
            throw new ArgumentException($"The frame has {_frame.ByteCount} bytes, the destination {destination.Length}.", nameof(destination));

        H264Depacketizer depacketizer = new(destination);
        for (long i = _buffer.Head; i < _frameEnd; i++)
        {
            if (_buffer[i].ByteCount == 0)
                continue;
            if (Kind == MediaKind.Video)
                depacketizer.TryAdd(_buffer.GetPayload(i));
            else
                _buffer.GetPayload(i).CopyTo(destination);
        }

        FramesReceived++;
        ConsumeTo(_frameEnd);
        return _frame.ByteCount;
    }

    /// <summary>Whether pictures were lost since the last call.</summary>
    public bool TryTakeLoss()
    {
        bool isLost = _isLossUntaken;
        _isLossUntaken = false;
        return isLost;
    }

    /// <summary>Writes one generic NACK with all that is to be asked for now. False if there is nothing (or no room: 12 bytes and 4 for each of 64 entries suffice).</summary>
    public bool TryWriteNack(TimeSpan now, uint senderSsrc, ref RtcpWriter writer)
    {
        if (_nack is null || _nack.NextDeadline > now)
            return false;

        Span<NackItem> items = stackalloc NackItem[MaxNackItems];
        int count = _nack.TakeDue(now, items);
        if (count == 0 || !writer.TryWriteGenericNack(senderSsrc, Ssrc, items[..count]))
            return false;

        NacksSent++;
        return true;
    }

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
            _scanned = sequence;
            _buffer.Restart(sequence);
        }

        bool isHopeless = _nack is not null && !_nack.HandlePacket(now, sequence);
        if (sequence < _buffer.Head)
        {
            if (_hasConsumed || _buffer.Tail - sequence > MaxReorderingAtStart)
                return false;
            _buffer.MoveHeadBack(sequence);
            RestartScan(sequence);
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

    /// <summary>
    /// Finds the end of the frame at the head: after the marker, or before the first packet of another timestamp for senders that
    /// lose or do not set it.
    /// </summary>
    private bool TryFindEnd(out long end, out TimeSpan endArrival)
    {
        endArrival = TimeSpan.MinValue;
        for (; _scanned < _buffer.ContiguousEnd; _scanned++)
        {
            ref readonly BufferedPacket packet = ref _buffer[_scanned];
            if (packet.ByteCount == 0)
                continue;

            if (!_isInFrame)
            {
                _isInFrame = true;
                _frameTimestamp = packet.Timestamp;
            }
            else if (packet.Timestamp != _frameTimestamp)
            {
                end = _scanned;
                endArrival = packet.Arrival;
                return true;
            }

            if (packet.Marker || Kind == MediaKind.Audio)
            {
                end = _scanned + 1;
                return true;
            }
        }

        if (!_isInFrame && _scanned > _buffer.Head)
            ConsumeTo(_scanned);
        end = 0;
        return false;
    }

    private void CloseFrame(long end, TimeSpan lastArrival)
    {
        H264Depacketizer depacketizer = new(default);
        TimeSpan firstArrival = TimeSpan.MaxValue;
        int byteCount = 0;
        bool isWhole = true;
        for (long i = _buffer.Head; i < end; i++)
        {
            ref readonly BufferedPacket packet = ref _buffer[i];
            if (packet.ByteCount == 0)
                continue;

            if (packet.Arrival < firstArrival)
                firstArrival = packet.Arrival;
            if (packet.Arrival > lastArrival)
                lastArrival = packet.Arrival;
            byteCount += packet.ByteCount;
            if (Kind == MediaKind.Video)
            {
                ReadOnlySpan<byte> payload = _buffer.GetPayload(i);
                isWhole &= (!_isStartUncertain || H264NalUnit.StartsAccessUnit(payload)) && depacketizer.TryAdd(payload);
                _isStartUncertain = false;
            }
        }

        bool isKeyFrame = true;
        if (Kind == MediaKind.Video)
        {
            isWhole &= depacketizer.IsComplete;
            isKeyFrame = depacketizer.IsKeyFrame;
            byteCount = depacketizer.ByteCount;
        }

        if (!isWhole)
            NoteLoss();
        if (isWhole && byteCount > 0 && (isKeyFrame || !_isSkippingToKeyFrame))
        {
            _isSkippingToKeyFrame = false;
            NeedsKeyFrame = false;
            _frame = new ReceivedFrame(Kind, byteCount, _frameTimestamp, isKeyFrame, firstArrival, lastArrival);
            _frameEnd = end;
            _isFrameReady = true;
            return;
        }

        if (isWhole && byteCount > 0)
        {
            FramesDiscarded++;
            NeedsKeyFrame = true;
        }

        ConsumeTo(end);
    }

    /// <summary>Goes on at <paramref name="next"/>; whatever is held before it is discarded.</summary>
    private void GiveUp(long next)
    {
        _nack?.DropBefore(next);
        ConsumeTo(next);
        UpdateHole();
        // Packets before the one after the hole may have belonged to its frame.
        _isStartUncertain = Kind == MediaKind.Video;
        NoteLoss();
    }

    private void NoteLoss()
    {
        Losses++;
        if (Kind == MediaKind.Audio)
            return;

        _isLossUntaken = true;
        _isSkippingToKeyFrame = true;
        NeedsKeyFrame = true;
    }

    private void ConsumeTo(long sequence)
    {
        _hasConsumed = true;
        _buffer.DropBefore(sequence);
        RestartScan(sequence);
    }

    private void RestartScan(long sequence)
    {
        _scanned = sequence;
        _isInFrame = false;
        _isFrameReady = false;
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

    private enum PayloadUse : byte
    {
        Unknown,

        /// <summary>Negotiated, but of no use here: it only takes its sequence number.</summary>
        SequenceOnly,
        Media,
    }
}
