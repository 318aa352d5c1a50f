using System.Diagnostics.CodeAnalysis;

namespace ComfyStream.Media.Libav;

/// <summary>
/// Where the fields of AVFrame lie that moved between versions: offsets in bytes for 64-bit systems, taken by offsetof from each
/// version's headers. <see cref="LibavSelfTest"/> checks them against the library that was found.
/// </summary>
internal sealed record LibavLayout(int PictureType, int Buffer, int ColorRange, int ColorSpace, int DecodeErrorFlags)
{
    /// <summary>Oldest known major version of libavcodec: FFmpeg 4.</summary>
    public const int OldestMajor = 58;

    /// <summary>Newest known major version of libavcodec: FFmpeg 8.</summary>
    public const int NewestMajor = 62;

    /// <summary>Layout of the libraries in use; set once, before anything else here is used.</summary>
    public static LibavLayout Current { get; set; } = new(0, 0, 0, 0, 0);

    /// <summary>Looks up the layout that goes with a major version of libavcodec.</summary>
    public static bool TryGet(int codecMajor, [NotNullWhen(true)] out LibavLayout? layout)
    {
        layout = codecMajor switch
        {
            58 => new(PictureType: 124, Buffer: 288, ColorRange: 384, ColorSpace: 396, DecodeErrorFlags: 440),
            59 or 60 => new(PictureType: 124, Buffer: 224, ColorRange: 320, ColorSpace: 332, DecodeErrorFlags: 376),
            61 => new(PictureType: 124, Buffer: 200, ColorRange: 296, ColorSpace: 308, DecodeErrorFlags: 344),
            62 => new(PictureType: 120, Buffer: 184, ColorRange: 280, ColorSpace: 292, DecodeErrorFlags: 320),
            _ => null,
        };
        return layout is not null;
    }

    /// <summary>Major version of libavutil that was released with it.</summary>
    public static int UtilMajor(int codecMajor) => codecMajor - 2;

    /// <summary>Major version of libswscale that was released with it.</summary>
    public static int ScaleMajor(int codecMajor) => codecMajor - 53;
}
