using ComfyStream.WebRtc.Packetization;

namespace ComfyStream.WebRtc.Streams;

/// <summary>
/// Finds whole frames at the head of a jitter buffer and reads them out. After a loss it withholds pictures up to the next key
/// frame. Owned by the event loop's thread.
/// </summary>
internal sealed class FrameAssembler
{
    private readonly JitterBuffer _buffer;
    private readonly MediaKind _kind;
    private readonly uint _ssrc;

    // The frame at the head: how far it was looked through, and, once its end was found, what it is.
    private long _scanned;
    private bool _isInFrame;
    private long _frameTimestamp;
    private PayloadFormat _frameFormat;
    private long _frameEnd;
    private bool _isFrameReady;
    private ReceivedFrame _frame;

    private PayloadFormat? _lastFormat;
    private bool _isStartUncertain;
    private bool _isSkippingToKeyFrame;
    private bool _isLossUntaken;

    public FrameAssembler(JitterBuffer buffer, MediaKind kind, uint ssrc)
    {
        _buffer = buffer;
        _kind = kind;
        _ssrc = ssrc;
        _isStartUncertain = IsVideo;
        _isSkippingToKeyFrame = IsVideo;
    }

    /// <summary>Something was taken from the buffer: it cannot begin earlier any more.</summary>
    public bool HasConsumed { get; private set; }

    /// <summary>Pictures are being withheld for want of a key frame.</summary>
    public bool NeedsKeyFrame { get; private set; }

    /// <summary>Frames read.</summary>
    public long FramesRead { get; private set; }

    /// <summary>Whole frames withheld.</summary>
    public long FramesDiscarded { get; private set; }

    /// <summary>Times that a frame, or more at once, was lost or broken.</summary>
    public long Losses { get; private set; }

    private bool IsVideo => _kind == MediaKind.Video;

    /// <summary>The oldest whole frame, which <see cref="Read"/> takes.</summary>
    public bool TryGetFrame(out ReceivedFrame frame)
    {
        while (!_isFrameReady && TryFindEnd(out long end, out TimeSpan endArrival))
            Examine(end, endArrival);

        frame = _isFrameReady ? _frame : default;
        return _isFrameReady;
    }

    /// <summary>Writes the frame that <see cref="TryGetFrame"/> told of, takes it and returns its ByteCount.</summary>
    public int Read(Span<byte> destination)
    {
        if (!_isFrameReady)
            throw new InvalidOperationException("No frame is ready: TryGetFrame says when there is one.");
        if (destination.Length < _frame.ByteCount)
            throw new ArgumentException($"The frame has {_frame.ByteCount} bytes, the destination {destination.Length}.", nameof(destination));

        FrameDepacketizer depacketizer = new(_frame.Format, destination);
        for (long i = _buffer.Head; i < _frameEnd; i++)
        {
            ReadOnlySpan<byte> payload = _buffer.GetPayload(i);
            if (!payload.IsEmpty)
                depacketizer.TryAdd(payload);
        }

        FramesRead++;
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

    /// <summary>Goes on at <paramref name="sequence"/> after packets were lost; what is held before it is discarded.</summary>
    public void SkipTo(long sequence)
    {
        ConsumeTo(sequence);
        // The lost packets may have been the beginning of the next one's frame.
        _isStartUncertain = IsVideo;
        NoteLoss();
    }

    /// <summary>Looks at the frame at the head anew: the head moved.</summary>
    public void Rescan()
    {
        _scanned = _buffer.Head;
        _isInFrame = false;
        _isFrameReady = false;
    }

    /// <summary>
    /// Finds the end of the frame at the head: after the marker, or before the first packet of another timestamp for senders that
    /// do not set it.
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
                _frameFormat = packet.Format;
            }
            else if (packet.Timestamp != _frameTimestamp || packet.Format != _frameFormat)
            {
                end = _scanned;
                endArrival = packet.Arrival;
                return true;
            }

            if (packet.Marker || !IsVideo)
            {
                end = _scanned + 1;
                return true;
            }
        }

        // Padding between frames must not fill the buffer.
        if (!_isInFrame && _scanned > _buffer.Head)
            ConsumeTo(_scanned);
        end = 0;
        return false;
    }

    /// <summary>Makes the packets up to <paramref name="end"/> the ready frame, or discards them.</summary>
    private void Examine(long end, TimeSpan lastArrival)
    {
        FrameDepacketizer depacketizer = new(_frameFormat, default);
        TimeSpan firstArrival = TimeSpan.MaxValue;
        bool isWhole = true;
        for (long i = _buffer.Head; i < end; i++)
        {
            ref readonly BufferedPacket packet = ref _buffer[i];
            if (packet.ByteCount == 0)
                continue;

            firstArrival = packet.Arrival < firstArrival ? packet.Arrival : firstArrival;
            lastArrival = packet.Arrival > lastArrival ? packet.Arrival : lastArrival;
            isWhole &= TryMeasure(_buffer.GetPayload(i), ref depacketizer);
        }

        isWhole &= depacketizer.IsComplete;
        int byteCount = depacketizer.ByteCount;
        bool isKeyFrame = depacketizer.IsKeyFrame;
        bool isDecodable = isKeyFrame || (!_isSkippingToKeyFrame && _frameFormat == _lastFormat);
        if (isWhole && byteCount > 0 && isDecodable)
        {
            _frame = new ReceivedFrame(_kind, byteCount, _frameTimestamp, isKeyFrame, firstArrival, lastArrival, _frameFormat, _ssrc);
            _frameEnd = end;
            _isFrameReady = true;
            _lastFormat = _frameFormat;
            _isSkippingToKeyFrame = false;
            NeedsKeyFrame = false;
            return;
        }

        ConsumeTo(end);
        if (!isWhole)
        {
            NoteLoss();
        }
        else if (byteCount > 0)
        {
            FramesDiscarded++;
            _isSkippingToKeyFrame = true;
            NeedsKeyFrame = true;
        }
    }

    private bool TryMeasure(ReadOnlySpan<byte> payload, ref FrameDepacketizer depacketizer)
    {
        bool isUsable = !_isStartUncertain || FrameDepacketizer.StartsFrame(_frameFormat, payload);
        _isStartUncertain = false;
        return isUsable && depacketizer.TryAdd(payload);
    }

    private void NoteLoss()
    {
        Losses++;
        if (!IsVideo)
            return;

        _isLossUntaken = true;
        _isSkippingToKeyFrame = true;
        NeedsKeyFrame = true;
    }

    private void ConsumeTo(long sequence)
    {
        HasConsumed = true;
        _buffer.DropBefore(sequence);
        Rescan();
    }
}
