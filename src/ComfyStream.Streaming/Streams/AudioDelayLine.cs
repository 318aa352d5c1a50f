using ComfyStream.Media;

namespace ComfyStream.Streaming.Streams;

/// <summary>
/// Holds forwarded sound back by what the picture takes through the workflow, so that players need not. Sound is released when
/// the next packet comes (every 20 ms), without a timer, and in order; the delay stays while no picture comes. Owned by the publisher's event loop.
/// </summary>
internal sealed class AudioDelayLine
{
    // The largest delay even at 2.5 ms a packet, Opus' shortest.
    private const int Capacity = 256;
    private static readonly TimeSpan LargestDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Hysteresis = TimeSpan.FromMilliseconds(20);

    private readonly Queue<EncodedFrame> _frames = new(Capacity);
    private TimeSpan _delay;

    /// <summary>Follows the measured latency of the picture, in steps large enough not to be heard.</summary>
    public void SetLatency(TimeSpan latency)
    {
        TimeSpan delay = latency > LargestDelay ? LargestDelay : latency;
        if ((delay - _delay).Duration() >= Hysteresis)
            _delay = delay;
    }

    /// <summary>Takes a frame. When the line is full the oldest leaves at once through <see cref="TryTake"/>.</summary>
    public void Add(EncodedFrame frame) => _frames.Enqueue(frame);

    /// <summary>Gives the next frame that is due at <paramref name="now"/>; the caller owns it.</summary>
    public bool TryTake(TimeSpan now, out EncodedFrame? frame)
    {
        frame = null;
        if (!_frames.TryPeek(out EncodedFrame? oldest) || (_frames.Count < Capacity && oldest.LastArrival + _delay > now))
            return false;
        frame = _frames.Dequeue();
        return true;
    }

    /// <summary>Gives back what is held.</summary>
    public void Clear()
    {
        while (_frames.TryDequeue(out EncodedFrame? frame))
            frame.Release();
    }
}
