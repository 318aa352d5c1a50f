namespace ComfyStream.Workflows.Pixels;

/// <summary>Scales pictures, or parts of them, plane by plane; chroma, which lies in the middle of four pixels, stays there. One thread at a time.</summary>
internal sealed class PictureScaler(ScaleMethod method) : IDisposable
{
    private readonly PlaneScaler _scaler = new();
    private (int Width, int Height, CropArea Part, int TargetWidth, int TargetHeight, bool IsI420) _sizes;
    private ScaleAxis? _x;
    private ScaleAxis? _y;
    private ScaleAxis? _chromaX;
    private ScaleAxis? _chromaY;

    /// <summary>Makes the target of all of the source. Both in one format; alpha is opaque where the source has none.</summary>
    public void Scale(PictureView source, PictureView target) =>
        Scale(source, new CropArea(0, 0, source.Width, source.Height), target);

    /// <summary>The same of a part.</summary>
    public void Scale(PictureView source, CropArea part, PictureView target)
    {
        Prepare(source, part, target);
        for (int i = 0; i < target.PlaneCount; i++)
        {
            if (i >= source.PlaneCount)
                target[i].Fill(255);
            else if (target.IsChroma(i))
                _scaler.Scale(source[i], target[i], _chromaX!, _chromaY!);
            else
                _scaler.Scale(source[i], target[i], _x!, _y!);
        }
    }

    public void Dispose()
    {
        _scaler.Dispose();
        DisposeAxes();
    }

    private void Prepare(PictureView source, CropArea part, PictureView target)
    {
        (int, int, CropArea, int, int, bool) sizes = (source.Width, source.Height, part, target.Width, target.Height, target.IsI420);
        if (_sizes == sizes)
            return;
        DisposeAxes();
        _sizes = sizes;
        _x = new ScaleAxis(method, source.Width, part.Left, part.Width, target.Width);
        _y = new ScaleAxis(method, source.Height, part.Top, part.Height, target.Height);
        if (!target.IsI420)
            return;
        _chromaX = new ScaleAxis(method, source.Width / 2, part.Left / 2.0, part.Width / 2.0, target.Width / 2);
        _chromaY = new ScaleAxis(method, source.Height / 2, part.Top / 2.0, part.Height / 2.0, target.Height / 2);
    }

    private void DisposeAxes()
    {
        _x?.Dispose();
        _y?.Dispose();
        _chromaX?.Dispose();
        _chromaY?.Dispose();
        (_x, _y, _chromaX, _chromaY) = (null, null, null, null);
    }
}
