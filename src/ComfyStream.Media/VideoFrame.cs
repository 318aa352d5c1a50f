using System.Runtime.InteropServices;

namespace ComfyStream.Media;

/// <summary>
/// A picture in I420 (8 bit, BT.601 or BT.709 limited range as <see cref="IsBt709"/> says), in native memory: 64-byte aligned
/// planes and strides, with at least 64 readable bytes after each plane. One owner at a time, who calls <see cref="Return"/>.
/// </summary>
public sealed unsafe class VideoFrame
{
    private readonly VideoFramePool _pool;
    private byte* _memory;
    private nuint _memoryBytes;
    private int _rented;

    internal VideoFrame(VideoFramePool pool) => _pool = pool;

    /// <summary>Width in pixels, even.</summary>
    public int Width { get; private set; }

    /// <summary>Height in pixels, even.</summary>
    public int Height { get; private set; }

    /// <summary>Bytes from one luma row to the next.</summary>
    public int StrideY { get; private set; }

    /// <summary>Bytes from one row of either chroma plane to the next.</summary>
    public int StrideUv { get; private set; }

    /// <summary>Luma plane, <see cref="Height"/> rows of <see cref="StrideY"/> bytes.</summary>
    public byte* Y { get; private set; }

    /// <summary>Cb plane, half the rows of <see cref="StrideUv"/> bytes.</summary>
    public byte* U { get; private set; }

    /// <summary>Cr plane, half the rows of <see cref="StrideUv"/> bytes.</summary>
    public byte* V { get; private set; }

    /// <summary>Colour matrix: BT.709 instead of BT.601.</summary>
    public bool IsBt709 { get; set; }

    /// <summary>Capture time on the stream's timeline.</summary>
    public TimeSpan MediaTime { get; set; }

    /// <summary>When the first packet of the coded frame arrived (monotonic).</summary>
    public TimeSpan FirstArrival { get; set; }

    /// <summary>When the last packet of the coded frame arrived (monotonic).</summary>
    public TimeSpan LastArrival { get; set; }

    /// <summary>Copies times and colour, not pixels.</summary>
    public void CopyPropertiesFrom(VideoFrame source)
    {
        IsBt709 = source.IsBt709;
        MediaTime = source.MediaTime;
        FirstArrival = source.FirstArrival;
        LastArrival = source.LastArrival;
    }

    /// <summary>Copies the pixels of a frame of the same size.</summary>
    public void CopyPixelsFrom(VideoFrame source)
    {
        if (source.Width != Width || source.Height != Height)
            throw new ArgumentException($"The frame is {source.Width}x{source.Height}, not {Width}x{Height}.", nameof(source));

        // Frames of one size have one layout.
        int lumaBytes = StrideY * Height;
        int chromaBytes = StrideUv * (Height / 2);
        new ReadOnlySpan<byte>(source.Y, lumaBytes).CopyTo(new Span<byte>(Y, lumaBytes));
        new ReadOnlySpan<byte>(source.U, chromaBytes).CopyTo(new Span<byte>(U, chromaBytes));
        new ReadOnlySpan<byte>(source.V, chromaBytes).CopyTo(new Span<byte>(V, chromaBytes));
    }

    /// <summary>Gives all pixels one colour.</summary>
    public void Fill(byte y, byte u, byte v)
    {
        new Span<byte>(Y, StrideY * Height).Fill(y);
        new Span<byte>(U, StrideUv * (Height / 2)).Fill(u);
        new Span<byte>(V, StrideUv * (Height / 2)).Fill(v);
    }

    /// <summary>Gives the frame back to its pool; it must not be used afterwards.</summary>
    public void Return()
    {
        if (Interlocked.Exchange(ref _rented, 0) == 0)
            throw new InvalidOperationException("A video frame was returned twice.");
        _pool.Return(this);
    }

    internal void Begin(int width, int height)
    {
        if (Width != width || Height != height)
            Resize(width, height);
        _rented = 1;
    }

    internal void Free()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
        _memoryBytes = 0;
        Width = Height = 0;
    }

    private void Resize(int width, int height)
    {
        const int Align = 64;
        int strideY = (width + Align - 1) / Align * Align;
        int strideUv = (width / 2 + Align - 1) / Align * Align;
        nuint lumaBytes = (nuint)(strideY * height) + Align;
        nuint chromaBytes = (nuint)(strideUv * (height / 2)) + Align;
        nuint needed = lumaBytes + 2 * chromaBytes;
        if (needed > _memoryBytes)
        {
            NativeMemory.AlignedFree(_memory);
            _memory = (byte*)NativeMemory.AlignedAlloc(needed, Align);
            _memoryBytes = needed;
        }

        (Width, Height, StrideY, StrideUv) = (width, height, strideY, strideUv);
        Y = _memory;
        U = _memory + lumaBytes;
        V = U + chromaBytes;
    }
}
