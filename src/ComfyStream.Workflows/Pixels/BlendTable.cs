namespace ComfyStream.Workflows.Pixels;

/// <summary>What becomes of any two values that are blended: a result for each pair of bytes, so that all modes cost the same.</summary>
internal sealed unsafe class BlendTable : IDisposable
{
    private readonly NativeBuffer<byte> _results = new(256 * 256);

    /// <param name="blend">Blends two values 0 to 1.</param>
    /// <param name="factor">The share of that; the rest is the first value.</param>
    public BlendTable(Func<double, double, double> blend, double factor)
    {
        for (int below = 0; below < 256; below++)
        {
            for (int above = 0; above < 256; above++)
            {
                double own = below / 255.0;
                double result = own * (1 - factor) + blend(own, above / 255.0) * factor;
                _results.Pointer[below << 8 | above] = (byte)(Math.Clamp(result, 0, 1) * 255 + 0.5);
            }
        }
    }

    /// <summary>The target may be one of the two.</summary>
    public void Apply(PixelPlane below, PixelPlane above, PixelPlane target)
    {
        byte* results = _results.Pointer;
        for (int y = 0; y < target.Height; y++)
        {
            byte* first = below.Row(y), second = above.Row(y), to = target.Row(y);
            for (int x = 0; x < target.Width; x++)
                to[x] = results[first[x] << 8 | second[x]];
        }
    }

    public void Dispose() => _results.Dispose();
}
