namespace ComfyStream.Media;

/// <summary>What a video encoder is opened with.</summary>
internal readonly record struct VideoEncoderSettings
{
    /// <summary>Less than this is not a picture any more, and 0 would mean "no limit" to the libraries.</summary>
    public const int MinBitRate = 10_000;

    private const int MinSide = 16;
    private const int MaxPixels = 4096 * 2304;
    private const double MaxFramesPerSecond = 240;

    /// <exception cref="MediaException">A value is out of range.</exception>
    public VideoEncoderSettings(int width, int height, double framesPerSecond)
    {
        if (width < MinSide || height < MinSide || width % 2 != 0 || height % 2 != 0 || (long)width * height > MaxPixels)
            throw new MediaException($"Pictures are encoded from {MinSide}x{MinSide} to 4096x2304 with even sides, not {width}x{height}.");
        if (!(framesPerSecond > 0 && framesPerSecond <= MaxFramesPerSecond))
            throw new MediaException($"The frame rate must be above 0 and at most {MaxFramesPerSecond}, not {framesPerSecond}.");
        (Width, Height, FramesPerSecond) = (width, height, framesPerSecond);
    }

    public int Width { get; }

    public int Height { get; }

    public double FramesPerSecond { get; }
}
