using System.Numerics;

namespace ComfyStream.Media;

/// <summary>
/// Pool of <see cref="EncodedFrame"/> by size, so that not every one of them has to become as large as a key frame. Allocates nothing
/// once warm. Any thread may rent and return.
/// </summary>
public sealed class EncodedFramePool
{
    private const int SmallestShift = 9;
    private const int LargestShift = 22;

    // More than what many streams' queues hold; what does not fit is left to the garbage collector.
    private const int MostKept = 512;
    private const int MostKeptBytes = 16 << 20;
    private const int LeastKept = 8;

    private readonly Shelf[] _free = new Shelf[LargestShift - SmallestShift + 1];
    private int _rented;

    /// <summary>Makes an empty pool.</summary>
    public EncodedFramePool()
    {
        for (int i = 0; i < _free.Length; i++)
            _free[i] = new Shelf(Math.Clamp(MostKeptBytes >> (SmallestShift + i), LeastKept, MostKept));
    }

    /// <summary>Frames that are out; 0 after an orderly end, or something leaked.</summary>
    public int RentedCount => Volatile.Read(ref _rented);

    /// <summary>Rents a frame with room for <paramref name="byteCount"/> bytes and one reference, the caller's.</summary>
    public EncodedFrame Rent(int byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(byteCount);
        int capacity = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(byteCount, 1 << SmallestShift));
        EncodedFrame? frame = null;
        if (capacity <= 1 << LargestShift)
            frame = ShelfOf(capacity).Take();
        frame ??= new EncodedFrame(this, capacity);
        Interlocked.Increment(ref _rented);
        frame.Begin(byteCount);
        return frame;
    }

    internal void Return(EncodedFrame frame)
    {
        Interlocked.Decrement(ref _rented);
        if (frame.CapacityBytes <= 1 << LargestShift)
            ShelfOf(frame.CapacityBytes).Put(frame);
    }

    private Shelf ShelfOf(int capacityBytes) => _free[BitOperations.Log2((uint)capacityBytes) - SmallestShift];

    // The one that came back last is the warmest in the caches.
    private sealed class Shelf(int capacity)
    {
        private readonly EncodedFrame?[] _frames = new EncodedFrame?[capacity];
        private readonly Lock _lock = new();
        private int _count;

        public EncodedFrame? Take()
        {
            lock (_lock)
            {
                if (_count == 0)
                    return null;
                EncodedFrame? frame = _frames[--_count];
                _frames[_count] = null;
                return frame;
            }
        }

        public void Put(EncodedFrame frame)
        {
            lock (_lock)
            {
                if (_count < _frames.Length)
                    _frames[_count++] = frame;
            }
        }
    }
}
