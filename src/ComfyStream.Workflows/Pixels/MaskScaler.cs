namespace ComfyStream.Workflows.Pixels;

/// <summary>Stretches masks to the size of a picture, by straight lines between their weights, in floats. One thread at a time.</summary>
internal sealed unsafe class MaskScaler : IDisposable
{
    private readonly MaskPlane _scaled = new(1, 1);
    private (int Width, int Height) _from;
    private ScaleAxis? _x;
    private ScaleAxis? _y;

    /// <summary>The mask itself where it has that size, else one that is this scaler's.</summary>
    public MaskPlane Scale(MaskPlane mask, int width, int height)
    {
        if (mask.Width == width && mask.Height == height)
            return mask;
        Prepare(mask, width, height);
        for (int y = 0; y < height; y++)
            WriteRow(mask, y);
        return _scaled;
    }

    public void Dispose()
    {
        _scaled.Dispose();
        _x?.Dispose();
        _y?.Dispose();
    }

    private void Prepare(MaskPlane mask, int width, int height)
    {
        if (_from == (mask.Width, mask.Height) && _scaled.Width == width && _scaled.Height == height)
            return;
        _from = (mask.Width, mask.Height);
        _scaled.Resize(width, height);
        _x?.Dispose();
        _y?.Dispose();
        _x = new ScaleAxis(ScaleMethod.Bilinear, mask.Width, 0, mask.Width, width);
        _y = new ScaleAxis(ScaleMethod.Bilinear, mask.Height, 0, mask.Height, height);
    }

    private void WriteRow(MaskPlane mask, int y)
    {
        (ScaleAxis columns, ScaleAxis rows) = (_x!, _y!);
        float* upper = mask.Row(rows.First[y]);
        bool hasTwoRows = rows.Count > 1 && mask.Height > 1;
        float* lower = hasTwoRows ? upper + mask.Width : upper;
        float ofUpper = rows.Weights[y];
        float ofLower = hasTwoRows ? rows.Weights[rows.Stride + y] : 0;
        bool hasTwoColumns = columns.Count > 1 && mask.Width > 1;
        float* target = _scaled.Row(y);
        for (int x = 0; x < _scaled.Width; x++)
        {
            int left = columns.First[x];
            float sum = (upper[left] * ofUpper + lower[left] * ofLower) * columns.Weights[x];
            if (hasTwoColumns)
                sum += (upper[left + 1] * ofUpper + lower[left + 1] * ofLower) * columns.Weights[columns.Stride + x];
            target[x] = sum;
        }
    }
}
