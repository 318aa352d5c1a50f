namespace ComfyStream.WebRtc.Ice;

/// <summary>
/// The messages that an agent has to send, first in, first out, in a ring that grows to a fixed size. When it is full the new one is dropped and counted:
/// STUN over UDP is repeated by whoever needs it.
/// </summary>
internal sealed class IceMessageQueue
{
    public const int Capacity = 16;

    private IceMessage[] _ring = new IceMessage[1];
    private int _first;
    private int _count;

    /// <summary>Messages that found the queue full.</summary>
    public long DroppedCount { get; private set; }

    public void Enqueue(in IceMessage message)
    {
        if (_count == Capacity)
        {
            DroppedCount++;
            return;
        }

        if (_count == _ring.Length)
            Grow();
        _ring[(_first + _count) % _ring.Length] = message;
        _count++;
    }

    public bool TryDequeue(out IceMessage message)
    {
        if (_count == 0)
        {
            message = default;
            return false;
        }

        message = _ring[_first];
        _first = (_first + 1) % _ring.Length;
        _count--;
        return true;
    }

    private void Grow()
    {
        var ring = new IceMessage[Math.Min(Capacity, 2 * _ring.Length)];
        for (int i = 0; i < _count; i++)
            ring[i] = _ring[(_first + i) % _ring.Length];
        (_ring, _first) = (ring, 0);
    }
}
