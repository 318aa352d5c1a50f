using ComfyStream.Media;
using ComfyStream.Transport;

namespace ComfyStream.Streaming.Pipeline;

/// <summary>
/// Bounded hand-off of access units from the event loop to the decode thread. When it is full, everything up to the next key
/// frame is discarded, since a decoder cannot use what follows a hole. One producer, one consumer.
/// </summary>
internal sealed class AccessUnitQueue(int capacity)
{
    private readonly BoundedQueue<EncodedFrame> _queue = new(capacity);
    private readonly AutoResetEvent _signal = new(false);
    private volatile bool _completed;
    private bool _awaitsKeyFrame;
    private long _discarded;

    /// <summary>Access units discarded because the decoder could not keep up.</summary>
    public long DiscardedCount => Volatile.Read(ref _discarded);

    /// <summary>Takes <paramref name="frame"/>. False when it was discarded: a key frame is needed.</summary>
    public bool Enqueue(EncodedFrame frame)
    {
        if (_completed || (_awaitsKeyFrame && !frame.IsKeyFrame) || !_queue.TryEnqueue(frame))
        {
            _awaitsKeyFrame = true;
            Interlocked.Increment(ref _discarded);
            frame.Release();
            return false;
        }

        _awaitsKeyFrame = false;
        _signal.Set();
        return true;
    }

    /// <summary>Waits for the next access unit; null once completed.</summary>
    public EncodedFrame? Dequeue()
    {
        while (true)
        {
            if (_completed)
                return null;
            if (_queue.TryDequeue(out EncodedFrame? frame))
                return frame;
            _signal.WaitOne();
        }
    }

    /// <summary>Ends the hand-off: <see cref="Dequeue"/> returns null from now on.</summary>
    public void Complete()
    {
        _completed = true;
        _signal.Set();
    }

    /// <summary>Gives back what was left, after both sides have stopped.</summary>
    public void Drain()
    {
        while (_queue.TryDequeue(out EncodedFrame? frame))
            frame.Release();
        _signal.Dispose();
    }
}
