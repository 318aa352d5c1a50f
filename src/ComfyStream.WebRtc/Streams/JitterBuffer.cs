namespace ComfyStream.WebRtc.Streams;

/// <summary>A packet in the <see cref="JitterBuffer"/>.</summary>
internal struct BufferedPacket
{
    /// <summary>RTP timestamp without its wraps.</summary>
    public long Timestamp;

    /// <summary>When it arrived.</summary>
    public TimeSpan Arrival;

    /// <summary>Marker bit.</summary>
    public bool Marker;

    /// <summary>Codec of the payload.</summary>
    public PayloadFormat Format;

    /// <summary>Payload bytes; 0 for a packet that only takes a sequence number (padding, a codec of no use here).</summary>
    public int ByteCount;

    /// <summary>Its slot, one above the index; 0 when this place is empty.</summary>
    internal int SlotNumber;
}

/// <summary>
/// Packets by extended sequence number from <see cref="Head"/> on, with room for a fixed number of them. Payloads are copied into
/// slots, whose memory grows in chunks up to the capacity and is used again. Owned by the event loop's thread.
/// </summary>
internal sealed class JitterBuffer
{
    /// <summary>Largest payload that is taken: no datagram of ours or of a browser's comes near it.</summary>
    public const int SlotBytes = 1500;

    private const int SlotsPerChunk = 32;

    private readonly BufferedPacket[] _packets;
    private readonly byte[][] _chunks;
    private readonly int[] _freeSlots;
    private int _freeCount;
    private int _slotCount;

    /// <param name="capacity">Most sequence numbers held, a power of two and a multiple of 32.</param>
    public JitterBuffer(int capacity)
    {
        _packets = new BufferedPacket[capacity];
        _freeSlots = new int[capacity];
        _chunks = new byte[capacity / SlotsPerChunk][];
    }

    /// <summary>Most sequence numbers held.</summary>
    public int Capacity => _packets.Length;

    /// <summary>First sequence number held or awaited.</summary>
    public long Head { get; private set; }

    /// <summary>All packets from <see cref="Head"/> up to this one are here; this one is not.</summary>
    public long ContiguousEnd { get; private set; }

    /// <summary>One above the highest sequence number held.</summary>
    public long Tail { get; private set; }

    /// <summary>A packet is missing while later ones are here.</summary>
    public bool HasHole => ContiguousEnd < Tail;

    /// <summary>The packet at a sequence number that is held.</summary>
    public ref readonly BufferedPacket this[long sequence] => ref _packets[IndexOf(sequence)];

    /// <summary>Bytes of the packet at a sequence number that is held.</summary>
    public ReadOnlySpan<byte> GetPayload(long sequence)
    {
        ref readonly BufferedPacket packet = ref this[sequence];
        return SlotMemory(packet.SlotNumber - 1)[..packet.ByteCount];
    }

    /// <summary>Whether that packet is here.</summary>
    public bool Contains(long sequence) => sequence >= Head && sequence < Tail && _packets[IndexOf(sequence)].SlotNumber != 0;

    /// <summary>Whether that packet is not here while a later one is.</summary>
    public bool IsMissing(long sequence) => sequence >= Head && sequence < Tail && _packets[IndexOf(sequence)].SlotNumber == 0;

    /// <summary>Adds a packet that is not here yet, at a sequence number from <see cref="Head"/> to below Head + Capacity.</summary>
    public void Add(long sequence, long timestamp, bool marker, TimeSpan arrival, PayloadFormat format, ReadOnlySpan<byte> payload)
    {
        ref BufferedPacket packet = ref _packets[IndexOf(sequence)];
        int slot = _freeCount > 0 ? _freeSlots[--_freeCount] : _slotCount++;
        packet = new BufferedPacket
        {
            Timestamp = timestamp,
            Arrival = arrival,
            Marker = marker,
            Format = format,
            ByteCount = payload.Length,
            SlotNumber = slot + 1,
        };
        payload.CopyTo(SlotMemory(slot));

        Tail = Math.Max(Tail, sequence + 1);
        while (ContiguousEnd < Tail && Contains(ContiguousEnd))
            ContiguousEnd++;
    }

    /// <summary>The first packet held at or after <paramref name="sequence"/>, or <see cref="Tail"/>.</summary>
    public long FindHeld(long sequence)
    {
        while (sequence < Tail && !Contains(sequence))
            sequence++;
        return sequence;
    }

    /// <summary>Discards what is before <paramref name="sequence"/>, which becomes the head.</summary>
    public void DropBefore(long sequence)
    {
        long end = Math.Min(sequence, Tail);
        for (long i = Head; i < end; i++)
            Free(ref _packets[IndexOf(i)]);

        Head = sequence;
        Tail = Math.Max(Tail, sequence);
        ContiguousEnd = Math.Max(ContiguousEnd, sequence);
        while (ContiguousEnd < Tail && Contains(ContiguousEnd))
            ContiguousEnd++;
    }

    /// <summary>Begins at an earlier sequence number: packets before the first one may come late. The distance to <see cref="Tail"/> stays below the capacity.</summary>
    public void MoveHeadBack(long sequence)
    {
        Head = sequence;
        ContiguousEnd = sequence;
    }

    /// <summary>Discards everything and begins again at <paramref name="sequence"/>.</summary>
    public void Restart(long sequence)
    {
        DropBefore(Tail);
        Head = sequence;
        Tail = sequence;
        ContiguousEnd = sequence;
    }

    private int IndexOf(long sequence) => (int)(sequence & (_packets.Length - 1));

    private Span<byte> SlotMemory(int slot)
    {
        ref byte[]? chunk = ref _chunks[slot / SlotsPerChunk]!;
        chunk ??= GC.AllocateUninitializedArray<byte>(SlotsPerChunk * SlotBytes);
        return chunk.AsSpan(slot % SlotsPerChunk * SlotBytes, SlotBytes);
    }

    private void Free(ref BufferedPacket packet)
    {
        if (packet.SlotNumber == 0)
            return;

        _freeSlots[_freeCount++] = packet.SlotNumber - 1;
        packet.SlotNumber = 0;
    }
}
