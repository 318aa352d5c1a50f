namespace ComfyStream.Workflows.Pixels;

/// <summary>How a new pixel is made of old ones; names and behaviour are ComfyUI's.</summary>
internal enum ScaleMethod
{
    /// <summary>The one under its middle.</summary>
    Nearest,

    /// <summary>Straight lines between two; skips pixels when a picture becomes much smaller.</summary>
    Bilinear,

    /// <summary>The mean of all that it touches.</summary>
    Area,

    /// <summary>Cubic curves through four (a = -0.75); skips pixels as bilinear does.</summary>
    Bicubic,

    /// <summary>A windowed sinc of three lobes, wider the smaller the picture becomes.</summary>
    Lanczos,
}
