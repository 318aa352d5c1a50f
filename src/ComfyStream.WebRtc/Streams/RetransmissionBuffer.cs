namespace ComfyStream.WebRtc.Streams;

/// <summary>
/// The frames sent last, by reference, so that a packet asked for again can be rebuilt bit by bit. The frames themselves are shared by
/// all viewers and by what is replayed to those who join; one stream's own is what its packets were sent with. Bounded by frames, bytes
/// and age, and as large as a second of the stream needs. Owned by the event loop's thread.
/// </summary>
/// <param name="capacity">Most frames, a power of two.</param>
internal sealed class RetransmissionBuffer(int capacity)
{
    /// <summary>Payload bytes that one stream keeps alive; nearly always other streams hold the same frames.</summary>
    public const int MaxBytes = 4 << 20;

    /// <summary>A packet older than this comes too late for any player.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private const int InitialCapacity = 16;

    private SentFrame[] _frames = [];
    private int _first;
    private int _count;
    private long _bytes;

    /// <summary>Frames held.</summary>
    public int Count => _count;

    /// <summary>Keeps a frame (takes a reference), at the cost of the oldest ones if need be.</summary>
    public void Add(in SentFrame frame)
    {
        frame.Frame.AddReference();
        Trim(frame.SentAt);
        while (_count > 0 && (_count == capacity || _bytes + frame.Frame.Payloads.Length > MaxBytes))
            ReleaseOldest();

        if (_count == _frames.Length)
            Grow();
        At(_count++) = frame;
        _bytes += frame.Frame.Payloads.Length;
    }

    /// <summary>Finds the frame of a packet and the packet's number in it.</summary>
    public bool TryFind(ulong packetIndex, out SentFrame frame, out int packet)
    {
        // The last frame that begins at or before the packet.
        int low = 0;
        int high = _count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (At(middle).FirstPacketIndex <= packetIndex)
                low = middle + 1;
            else
                high = middle;
        }

        frame = low == 0 ? default : At(low - 1);
        packet = (int)(packetIndex - frame.FirstPacketIndex);
        return low > 0 && packet < frame.Frame.PacketCount;
    }

    /// <summary>Whether the packet was sent longer ago than what is held.</summary>
    public bool IsForgotten(ulong packetIndex) => _count == 0 || packetIndex < At(0).FirstPacketIndex;

    /// <summary>The first frame held with which a peer can go on that lacks what is forgotten.</summary>
    public bool TryFindEntry(out ulong firstPacketIndex)
    {
        for (int i = 0; i < _count; i++)
        {
            ref SentFrame frame = ref At(i);
            firstPacketIndex = frame.FirstPacketIndex;
            if (frame.IsEntry)
                return true;
        }

        firstPacketIndex = 0;
        return false;
    }

    /// <summary>Releases what is too old.</summary>
    public void Trim(TimeSpan now)
    {
        while (_count > 0 && now - At(0).SentAt > MaxAge)
            ReleaseOldest();
    }

    /// <summary>Releases everything.</summary>
    public void ReleaseAll()
    {
        while (_count > 0)
            ReleaseOldest();
    }

    private ref SentFrame At(int position) => ref _frames[(_first + position) & (_frames.Length - 1)];

    private void Grow()
    {
        var frames = new SentFrame[Math.Min(capacity, Math.Max(InitialCapacity, 2 * _frames.Length))];
        for (int i = 0; i < _count; i++)
            frames[i] = At(i);
        (_frames, _first) = (frames, 0);
    }

    private void ReleaseOldest()
    {
        ref SentFrame oldest = ref At(0);
        _bytes -= oldest.Frame.Payloads.Length;
        oldest.Frame.Release();
        oldest = default;
        _first = (_first + 1) & (_frames.Length - 1);
        _count--;
    }
}
