namespace ComfyStream.WebRtc.Ice;

/// <summary>
/// The messages that an agent has to send, first in, first out, in a ring of fixed size. When it is full the new one is dropped and counted:
/// STUN over UDP is repeated by whoever needs it.
/// </summary>
internal sealed class IceMessageQueue
{
    public const int Capacity = 16;

    private readonly IceMessage[] _ring = new IceMessage[Capacity];
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

        _ring[(_first + _count) % Capacity] = message;
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
        _first = (_first + 1) % Capacity;
        _count--;
        return true;
    }
}
