namespace ComfyStream.WebRtc.Streams;

/// <summary>
/// Packets that a peer asked for again, in order. Refuses repeats that come before the answer can have arrived, and spends at most
/// a quarter of what is sent anyway, after an initial allowance. Owned by the event loop's thread.
/// </summary>
internal sealed class RetransmissionQueue
{
    /// <summary>Within this time a repeated request is taken for one that crossed the answer.</summary>
    public static readonly TimeSpan RepeatTime = TimeSpan.FromMilliseconds(50);

    private const int Capacity = 128;
    private const int CostOfPacket = 4;
    private const int MaxCredit = 64 * CostOfPacket;

    private readonly ulong[] _queue = new ulong[Capacity];
    private readonly Answer[] _answers = new Answer[Capacity];
    private int _first;
    private int _count;
    private int _credit = MaxCredit;

    /// <summary>Packets waiting.</summary>
    public int Count => _count;

    /// <summary>Earns for a packet that was sent for the first time.</summary>
    public void NotePacketSent() => _credit = Math.Min(_credit + 1, MaxCredit);

    /// <summary>Queues a packet. False for a repeat, and when the allowance or the queue is exhausted.</summary>
    public bool TryEnqueue(TimeSpan now, ulong packetIndex)
    {
        ref Answer answer = ref _answers[packetIndex % Capacity];
        bool isRepeat = answer.PacketIndexPlusOne == packetIndex + 1 && now - answer.At < RepeatTime;
        if (isRepeat || _count == Capacity || _credit < CostOfPacket)
            return false;

        answer = new Answer { PacketIndexPlusOne = packetIndex + 1, At = now };
        _credit -= CostOfPacket;
        _queue[(_first + _count++) % Capacity] = packetIndex;
        return true;
    }

    /// <summary>The packet whose turn it is.</summary>
    public bool TryPeek(out ulong packetIndex)
    {
        packetIndex = _queue[_first];
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

    private struct Answer
    {
        public ulong PacketIndexPlusOne;
        public TimeSpan At;
    }
}
