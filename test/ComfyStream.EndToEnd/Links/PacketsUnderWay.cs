using System.Buffers;

namespace ComfyStream.EndToEnd.Links;

/// <summary>Packets on their way through one direction, by arrival; those that arrive together stay in the order they were sent. Bounded.</summary>
internal sealed class PacketsUnderWay(int capacity)
{
    private readonly PriorityQueue<Packet, (TimeSpan Arrival, long Number)> _packets = new();
    private long _number;

    public int Count => _packets.Count;

    /// <summary>Arrival of the next, null when there is none.</summary>
    public TimeSpan? NextArrival => _packets.TryPeek(out _, out (TimeSpan Arrival, long Number) key) ? key.Arrival : null;

    /// <summary>Takes a copy. False when there are too many.</summary>
    public bool TryAdd(TimeSpan arrival, ReadOnlySpan<byte> bytes)
    {
        if (_packets.Count == capacity)
            return false;
        byte[] buffer = ArrayPool<byte>.Shared.Rent(bytes.Length);
        bytes.CopyTo(buffer);
        _packets.Enqueue(new Packet(buffer, bytes.Length), (arrival, _number++));
        return true;
    }

    /// <summary>Copies the next one that has arrived to <paramref name="destination"/>.</summary>
    public bool TryTake(TimeSpan now, Span<byte> destination, out int byteCount)
    {
        byteCount = 0;
        if (NextArrival is not { } arrival || arrival > now)
            return false;
        Packet packet = _packets.Dequeue();
        byteCount = packet.ByteCount;
        packet.Buffer.AsSpan(0, byteCount).CopyTo(destination);
        ArrayPool<byte>.Shared.Return(packet.Buffer);
        return true;
    }

    private readonly record struct Packet(byte[] Buffer, int ByteCount);
}
