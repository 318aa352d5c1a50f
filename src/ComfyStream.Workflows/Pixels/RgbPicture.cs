using System.Runtime.InteropServices;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// A picture in red, green, blue and perhaps alpha (not multiplied in), 8 bits each, full range, a plane each, in native memory:
/// 64-byte aligned planes and strides, with at least 64 readable and writable bytes after each plane. Any size from 1x1 on. One owner
/// at a time, who calls <see cref="Return"/>.
/// </summary>
public sealed unsafe class RgbPicture
{
    private const int Align = 64;
    private readonly RgbPicturePool _pool;
    private byte* _memory;
    private nuint _memoryBytes;
    private int _rented;

    internal RgbPicture(RgbPicturePool pool) => _pool = pool;

    /// <summary>Width in pixels.</summary>
    public int Width { get; private set; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; private set; }

    /// <summary>Bytes from one row of a plane to the next; the same for all planes, at least <see cref="Width"/> rounded up to 64.</summary>
    public int Stride { get; private set; }

    /// <summary>Whether there is a plane <see cref="A"/>.</summary>
    public bool HasAlpha => A is not null;

    /// <summary>Red, <see cref="Height"/> rows of <see cref="Stride"/> bytes.</summary>
    public byte* R { get; private set; }

    /// <summary>Green.</summary>
    public byte* G { get; private set; }

    /// <summary>Blue.</summary>
    public byte* B { get; private set; }

    /// <summary>Alpha, 255 where the picture covers; null where there is none.</summary>
    public byte* A { get; private set; }

    /// <summary>Planes by number: red, green, blue, alpha.</summary>
    public byte* Plane(int index) => index switch { 0 => R, 1 => G, 2 => B, _ => A };

    /// <summary>Copies the pixels of a picture of the same size, and its alpha when both have one. They may be one picture.</summary>
    public void CopyPixelsFrom(RgbPicture source)
    {
        if (source.Width != Width || source.Height != Height)
            throw new ArgumentException($"The picture is {source.Width}x{source.Height}, not {Width}x{Height}.", nameof(source));
        if (source == this)
            return;

        // Pictures of one size have one layout.
        long planeBytes = (long)Stride * Height;
        for (int i = 0; i < (HasAlpha && source.HasAlpha ? 4 : 3); i++)
            Buffer.MemoryCopy(source.Plane(i), Plane(i), planeBytes, planeBytes);
    }

    /// <summary>Gives the picture back to its pool; it must not be used afterwards.</summary>
    public void Return()
    {
        if (Interlocked.Exchange(ref _rented, 0) == 0)
            throw new InvalidOperationException("A picture was returned twice.");
        _pool.Return(this);
    }

    internal void Begin(int width, int height, bool hasAlpha)
    {
        int stride = (width + Align - 1) / Align * Align;
        nuint planeBytes = (nuint)stride * (nuint)height + Align;
        nuint needed = planeBytes * (hasAlpha ? 4u : 3u);
        if (needed > _memoryBytes)
        {
            NativeMemory.AlignedFree(_memory);
            _memory = (byte*)NativeMemory.AlignedAlloc(needed, Align);
            _memoryBytes = needed;
        }

        (Width, Height, Stride) = (width, height, stride);
        R = _memory;
        G = _memory + planeBytes;
        B = _memory + 2 * planeBytes;
        A = hasAlpha ? _memory + 3 * planeBytes : null;
        _rented = 1;
    }

    internal void Free()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        _memoryBytes = 0;
    }
}
