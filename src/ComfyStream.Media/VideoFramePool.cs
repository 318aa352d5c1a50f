using System.Collections.Concurrent;

namespace ComfyStream.Media;

/// <summary>Pool of <see cref="VideoFrame"/>; keeps at most <paramref name="keep"/> free frames. Any thread may rent and return.</summary>
/// <param name="keep">Free frames kept; more are freed when they come back.</param>
public sealed class VideoFramePool(int keep = 16) : IDisposable
{
    private readonly ConcurrentBag<VideoFrame> _free = [];
    private int _rented;
    private bool _disposed;

    /// <summary>Frames that are out; 0 after an orderly end, or something leaked.</summary>
    public int RentedCount => Volatile.Read(ref _rented);

    /// <summary>Rents a frame of that size (even numbers, 16 to 8192); its pixels are undefined.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is odd or out of range.</exception>
    public VideoFrame Rent(int width, int height)
    {
        if (width is < 16 or > 8192 || width % 2 != 0)
            throw new ArgumentOutOfRangeException(nameof(width), width, "A frame is 16 to 8192 pixels wide, an even number.");
        if (height is < 16 or > 8192 || height % 2 != 0)
            throw new ArgumentOutOfRangeException(nameof(height), height, "A frame is 16 to 8192 pixels high, an even number.");

        Interlocked.Increment(ref _rented);
        if (!_free.TryTake(out VideoFrame? frame))
            frame = new VideoFrame(this);
        frame.Begin(width, height);
        return frame;
    }

    internal void Return(VideoFrame frame)
    {
        Interlocked.Decrement(ref _rented);
        if (_disposed || _free.Count >= keep)
            frame.Free();
        else
            _free.Add(frame);
    }

    /// <summary>Frees the frames that are in; those that are out are freed when they come back.</summary>
    public void Dispose()
    {
        _disposed = true;
        while (_free.TryTake(out VideoFrame? frame))
            frame.Free();
    }
}
