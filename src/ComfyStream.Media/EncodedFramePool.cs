using System.Collections.Concurrent;

namespace ComfyStream.Media;

/// <summary>Pool of <see cref="EncodedFrame"/>: allocates nothing once warm. Any thread may rent and return.</summary>
public sealed class EncodedFramePool
{
    private readonly ConcurrentBag<EncodedFrame> _free = [];
    private int _rented;

    /// <summary>Frames that are out; 0 after an orderly end, or something leaked.</summary>
    public int RentedCount => Volatile.Read(ref _rented);

    /// <summary>Rents a frame with room for <paramref name="byteCount"/> bytes and one reference, the caller's.</summary>
    public EncodedFrame Rent(int byteCount)
    {
        Interlocked.Increment(ref _rented);
        if (!_free.TryTake(out EncodedFrame? frame))
            frame = new EncodedFrame(this);
        frame.Begin(byteCount);
        return frame;
    }

    internal void Return(EncodedFrame frame)
    {
        Interlocked.Decrement(ref _rented);
        _free.Add(frame);
    }
}
