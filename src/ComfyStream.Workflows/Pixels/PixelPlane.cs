using System.Runtime.CompilerServices;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// One plane of a picture: rows of bytes, readable and writable up to a multiple of 64. Belongs to the picture that it is of.
/// </summary>
internal readonly unsafe struct PixelPlane(byte* start, int stride, int width, int height)
{
    public byte* Start { get; } = start;

    public int Stride { get; } = stride;

    public int Width { get; } = width;

    public int Height { get; } = height;

    public byte* Row(int y) => Start + (nint)y * Stride;

    /// <summary>A part of the plane; its rows may be written only to their width, because others follow.</summary>
    public PixelPlane Part(int left, int top, int width, int height) => new(Row(top) + left, Stride, width, height);

    public void Fill(byte value)
    {
        for (int y = 0; y < Height; y++)
            Unsafe.InitBlock(Row(y), value, (uint)Width);
    }

    /// <summary>Copies what fits from a plane; they may be the same.</summary>
    public void CopyFrom(PixelPlane source)
    {
        if (source.Start == Start)
            return;
        (int width, int height) = (Math.Min(Width, source.Width), Math.Min(Height, source.Height));
        for (int y = 0; y < height; y++)
            Buffer.MemoryCopy(source.Row(y), Row(y), width, width);
    }
}
