using System.Collections.Concurrent;

namespace ComfyStream.Workflows.Pixels;

/// <summary>Pool of <see cref="RgbPicture"/>; keeps at most <paramref name="keep"/> free pictures. Any thread may rent and return.</summary>
/// <param name="keep">Free pictures kept; more are freed when they come back.</param>
public sealed class RgbPicturePool(int keep = 16) : IDisposable
{
    /// <summary>The longest side a picture may have.</summary>
    public const int MaxSide = 16384;

    private readonly ConcurrentBag<RgbPicture> _free = [];
    private int _rented;
    private volatile bool _disposed;

    /// <summary>Pictures that are out; 0 after an orderly end, or something leaked.</summary>
    public int RentedCount => Volatile.Read(ref _rented);

    /// <summary>Rents a picture of that size; its pixels are undefined.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The size is out of range.</exception>
    public RgbPicture Rent(int width, int height, bool hasAlpha = false)
    {
        if (width is < 1 or > MaxSide)
            throw new ArgumentOutOfRangeException(nameof(width), width, $"A picture is 1 to {MaxSide} pixels wide.");
        if (height is < 1 or > MaxSide)
            throw new ArgumentOutOfRangeException(nameof(height), height, $"A picture is 1 to {MaxSide} pixels high.");

        if (!_free.TryTake(out RgbPicture? picture))
            picture = new RgbPicture(this);
        picture.Begin(width, height, hasAlpha);
        Interlocked.Increment(ref _rented);
        return picture;
    }

    internal void Return(RgbPicture picture)
    {
        Interlocked.Decrement(ref _rented);
        if (_disposed || _free.Count >= keep)
            picture.Free();
        else
            _free.Add(picture);
    }

    /// <summary>Frees the pictures that are in; those that are out are freed when they come back.</summary>
    public void Dispose()
    {
        _disposed = true;
        while (_free.TryTake(out RgbPicture? picture))
            picture.Free();
    }
}
