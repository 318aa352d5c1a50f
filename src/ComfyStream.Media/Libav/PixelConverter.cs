namespace ComfyStream.Media.Libav;

/// <summary>What a plane layout means: format, matrix and range.</summary>
internal readonly record struct PixelKind(int Format, int ColorSpace, bool IsFullRange);

/// <summary>
/// Converts and scales pixels with libswscale; keeps its context while sizes and kinds stay the same. Owned by one thread.
/// </summary>
internal sealed unsafe class PixelConverter(int flags = PixelConverter.Bicubic | PixelConverter.AccurateRounding | PixelConverter.FullChroma) : IDisposable
{
    public const int FastBilinear = 1;
    public const int Bicubic = 4;
    public const int AccurateRounding = 0x40000;
    public const int FullChroma = 0x2000;

    private const int Unit = 1 << 16;

    private (int Width, int Height, PixelKind Kind) _source;
    private (int Width, int Height, PixelKind Kind) _target;
    private nint _context;

    public void Convert(
        byte** source, int* sourceStrides, int sourceWidth, int sourceHeight, PixelKind sourceKind,
        byte** target, int* targetStrides, int targetWidth, int targetHeight, PixelKind targetKind)
    {
        Prepare((sourceWidth, sourceHeight, sourceKind), (targetWidth, targetHeight, targetKind));
        LibavError.ThrowIfNegative(
            NativeMethods.sws_scale(_context, source, sourceStrides, 0, sourceHeight, target, targetStrides), "converting pixels");
    }

    public void Dispose()
    {
        NativeMethods.sws_freeContext(_context);
        _context = 0;
    }

    private void Prepare((int Width, int Height, PixelKind Kind) source, (int Width, int Height, PixelKind Kind) target)
    {
        if (_context != 0 && _source == source && _target == target)
            return;
        NativeMethods.sws_freeContext(_context);
        _context = NativeMethods.sws_getContext(
            source.Width, source.Height, source.Kind.Format, target.Width, target.Height, target.Kind.Format, flags, 0, 0, null);
        if (_context == 0)
            throw new MediaException($"libswscale cannot convert pixel format {source.Kind.Format} of {source.Width}x{source.Height} to {target.Kind.Format}.");

        // Fails where matrix and range mean nothing (gray to gray, RGB to RGB), which is as well.
        _ = NativeMethods.sws_setColorspaceDetails(
            _context,
            NativeMethods.sws_getCoefficients(source.Kind.ColorSpace), source.Kind.IsFullRange ? 1 : 0,
            NativeMethods.sws_getCoefficients(target.Kind.ColorSpace), target.Kind.IsFullRange ? 1 : 0,
            0, Unit, Unit);
        (_source, _target) = (source, target);
    }
}
