namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Weights 0 to 1 over a picture of any size, row after row without gaps, in native memory with 64 readable and writable bytes after
/// the last. Belongs to the node that gives it.
/// </summary>
public sealed unsafe class MaskPlane : IDisposable
{
    private readonly NativeBuffer<float> _weights = new();

    /// <summary>A mask of that size, 0 everywhere.</summary>
    public MaskPlane(int width, int height) => Resize(width, height);

    /// <summary>Width in weights.</summary>
    public int Width { get; private set; }

    /// <summary>Height in weights.</summary>
    public int Height { get; private set; }

    /// <summary>All weights.</summary>
    public Span<float> Weights => new(_weights.Pointer, Width * Height);

    /// <summary>The weights of a row.</summary>
    public float* Row(int y) => _weights.Pointer + (nint)y * Width;

    /// <summary>Gives it another size; its weights are undefined unless the size is as it was. Allocates only when it grows.</summary>
    public void Resize(int width, int height)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        _weights.EnsureLength(checked(width * height));
        (Width, Height) = (width, height);
    }

    /// <summary>Frees its memory.</summary>
    public void Dispose() => _weights.Dispose();
}
