namespace ComfyStream.WebRtc.Streams;

/// <summary>
/// Packets that a peer asked for again, in order. Refuses repeats that come before the answer can have arrived, and spends at most
/// as many bytes as are sent anyway, after an initial allowance. Owned by the event loop's thread.
/// </summary>
internal sealed class RetransmissionQueue
{
    /// <summary>While the round trip is unknown, a request repeated within this time is taken for one that crossed the answer.</summary>
    public static readonly TimeSpan DefaultRepeatTime = TimeSpan.FromMilliseconds(30);

    /// <summary>Bytes that may be sent again at once, before anything was earned: a large key frame's worth of loss.</summary>
    public const int MaxBurstBytes = 64 * 1200;

    private const int Capacity = 128;

    private static readonly TimeSpan _minRepeatTime = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan _maxRepeatTime = TimeSpan.FromMilliseconds(250);

    // Made at the first request: most viewers lose nothing.
    private ulong[] _queue = [];
    private Answer[] _answers = [];
    private int _first;
    private int _count;
    // Chromium asks for more than is lost: a path that loses 5 % and reorders by 30 ms makes it ask for half of all packets, and
    // each that it does not get is a freeze.
    private long _credit = MaxBurstBytes;

    /// <summary>Packets waiting.</summary>
    public int Count => _count;

    /// <summary>Earns for a packet that was sent for the first time.</summary>
    public void NotePacketSent(int byteCount) => _credit = Math.Min(_credit + byteCount, MaxBurstBytes);

    /// <summary>Queues a packet of that size. False for a repeat, and when the allowance or the queue is exhausted.</summary>
    public bool TryEnqueue(TimeSpan now, ulong packetIndex, int byteCount, TimeSpan? roundTripTime)
    {
        if (_queue.Length == 0)
            (_queue, _answers) = (new ulong[Capacity], new Answer[Capacity]);
        ref Answer answer = ref _answers[packetIndex % Capacity];
        bool isRepeat = answer.PacketIndexPlusOne == packetIndex + 1 && now - answer.At < RepeatTime(roundTripTime);
        if (isRepeat || _count == Capacity || _credit < byteCount)
            return false;

        answer = new Answer { PacketIndexPlusOne = packetIndex + 1, At = now };
        _credit -= byteCount;
        _queue[(_first + _count++) % Capacity] = packetIndex;
        return true;
    }

    /// <summary>The packet whose turn it is.</summary>
    public bool TryPeek(out ulong packetIndex)
    {
        packetIndex = _count > 0 ? _queue[_first] : 0;
        return _count > 0;
    }

    /// <summary>Takes it.</summary>
    public void Dequeue()
    {
        _first = (_first + 1) % Capacity;
        _count--;
    }

    /// <summary>Forgets what waits.</summary>
    public void Clear() => _count = 0;

    private static TimeSpan RepeatTime(TimeSpan? roundTripTime) =>
        roundTripTime is { } time ? TimeSpan.FromTicks(Math.Clamp(time.Ticks, _minRepeatTime.Ticks, _maxRepeatTime.Ticks)) : DefaultRepeatTime;

    private struct Answer
    {
        public ulong PacketIndexPlusOne;
        public TimeSpan At;
    }
}
