namespace ComfyStream.Media.Libav;

/// <summary>A still picture: rows from the top, 4 bytes a pixel (red, green, blue, alpha not multiplied in), no gaps between rows.</summary>
/// <param name="Width">Width in pixels.</param>
/// <param name="Height">Height in pixels.</param>
/// <param name="Pixels">The bytes, <c>Width * Height * 4</c> of them.</param>
public sealed record RgbaPicture(int Width, int Height, byte[] Pixels);
