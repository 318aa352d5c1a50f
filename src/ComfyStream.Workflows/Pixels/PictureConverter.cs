using ComfyStream.Media;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Between I420 (limited range, BT.601 or BT.709 as the frame says) and RGB (full range). Chroma is repeated for the four pixels it
/// covers, and is their mean on the way back, so that a picture survives both ways.
/// </summary>
internal static unsafe class PictureConverter
{
    /// <summary>Both of one size.</summary>
    public static void ToRgb(VideoFrame source, RgbPicture target)
    {
        (double red, double blue) = source.IsBt709 ? (0.2126, 0.0722) : (0.299, 0.114);
        double green = 1 - red - blue;
        for (int y = 0; y < source.Height; y++)
        {
            for (int x = 0; x < source.Width; x++)
            {
                double luma = (source.Y[(nint)y * source.StrideY + x] - 16) * 255.0 / 219;
                double cb = (source.U[(nint)(y / 2) * source.StrideUv + x / 2] - 128) * 255.0 / 112 * (1 - blue);
                double cr = (source.V[(nint)(y / 2) * source.StrideUv + x / 2] - 128) * 255.0 / 112 * (1 - red);
                nint at = (nint)y * target.Stride + x;
                target.R[at] = Round(luma + cr);
                target.G[at] = Round(luma - (cb * blue + cr * red) / green);
                target.B[at] = Round(luma + cb);
            }
        }

        for (int y = 0; target.HasAlpha && y < target.Height; y++)
            new Span<byte>(target.A + (nint)y * target.Stride, target.Width).Fill(255);
    }

    /// <summary>The target's size is the source's or less; what is over is left out, as is alpha.</summary>
    public static void ToI420(RgbPicture source, VideoFrame target)
    {
        (double red, double blue) = target.IsBt709 ? (0.2126, 0.0722) : (0.299, 0.114);
        double green = 1 - red - blue;
        for (int y = 0; y < target.Height; y += 2)
        {
            for (int x = 0; x < target.Width; x += 2)
            {
                double cb = 0, cr = 0;
                for (int i = 0; i < 4; i++)
                {
                    nint at = (nint)(y + i / 2) * source.Stride + x + i % 2;
                    double luma = red * source.R[at] + green * source.G[at] + blue * source.B[at];
                    target.Y[(nint)(y + i / 2) * target.StrideY + x + i % 2] = Round(16 + luma * 219 / 255);
                    cb += (source.B[at] - luma) / (1 - blue) / 8;
                    cr += (source.R[at] - luma) / (1 - red) / 8;
                }

                target.U[(nint)(y / 2) * target.StrideUv + x / 2] = Round(128 + cb * 224 / 255);
                target.V[(nint)(y / 2) * target.StrideUv + x / 2] = Round(128 + cr * 224 / 255);
            }
        }
    }

    private static byte Round(double value) => (byte)Math.Clamp(value + 0.5, 0, 255);
}
