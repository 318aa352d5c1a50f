namespace ComfyStream.Media.Libav;

/// <summary>AVPixelFormat: the values that all known versions share.</summary>
internal static class PixelFormat
{
    public const int Yuv420P = 0;
    public const int Rgb24 = 2;
    public const int Yuv422P = 4;
    public const int Yuv444P = 5;
    public const int Yuvj420P = 12;
    public const int Yuvj422P = 13;
    public const int Yuvj444P = 14;
    public const int Rgba = 26;
    public const int Yuvj440P = 32;
}

/// <summary>AVColorSpace, which are the matrix coefficients of H.264 annex E.</summary>
internal static class ColorSpace
{
    public const int Rgb = 0;
    public const int Bt709 = 1;
    public const int Unspecified = 2;
    public const int Smpte170M = 6;
    public const int Smpte240M = 7;
    public const int Bt2020NonConstant = 9;
    public const int Bt2020Constant = 10;
}

/// <summary>AVColorRange.</summary>
internal static class ColorRange
{
    public const int Limited = 1;
    public const int Full = 2;
}

/// <summary>AVPictureType.</summary>
internal static class PictureType
{
    public const int None = 0;
    public const int I = 1;
}

/// <summary>AVERROR codes that are an answer rather than a failure.</summary>
internal static class LibavResult
{
    public const int TryAgain = -11;
}
