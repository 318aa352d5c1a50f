namespace ComfyStream.Workflows.Pixels;

/// <summary>A colour as I420 has it: limited range.</summary>
internal readonly record struct YuvColor(byte Y, byte U, byte V)
{
    /// <summary>Red, green and blue from 0 to 255.</summary>
    public static YuvColor FromRgb(double r, double g, double b, bool isBt709)
    {
        (double red, double blue) = isBt709 ? (0.2126, 0.0722) : (0.299, 0.114);
        double luma = red * r + (1 - red - blue) * g + blue * b;
        return new(Round(16 + luma * 219 / 255), Round(128 + (b - luma) / (1 - blue) * 112 / 255), Round(128 + (r - luma) / (1 - red) * 112 / 255));
    }

    /// <summary>A full colour by its place on the colour circle, 0 to 1 from red by way of green and blue.</summary>
    public static YuvColor FromHue(double hue, bool isBt709)
    {
        return FromRgb(Part(5), Part(3), Part(1), isBt709);

        double Part(double offset)
        {
            double sector = (offset + hue * 6) % 6;
            return 255 * (1 - Math.Clamp(Math.Min(sector, 4 - sector), 0, 1));
        }
    }

    private static byte Round(double value) => (byte)Math.Clamp(value + 0.5, 0, 255);
}
