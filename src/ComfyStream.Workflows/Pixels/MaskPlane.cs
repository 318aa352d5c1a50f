namespace ComfyStream.Workflows.Pixels;

/// <summary>Weights 0 to 1 over a picture of any size, row after row without gaps.</summary>
internal sealed unsafe class MaskPlane(int width, int height) : IDisposable
{
    private readonly NativeBuffer<float> _weights = new(width * height);

    public int Width => width;

    public int Height => height;

    public float* Row(int y) => _weights.Pointer + y * width;

    public Span<float> Weights => new(_weights.Pointer, width * height);

    public void Dispose() => _weights.Dispose();
}
