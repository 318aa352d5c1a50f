using ComfyStream.Media;

namespace ComfyStream.EndToEnd.Films;

/// <summary>
/// A picture of one colour with its number in bars at the upper edge: dark, light, <see cref="NumberBits"/> bits (the highest first),
/// a bit that makes the number of light ones even, dark. Pages/witness.js reads it.
/// </summary>
/// <param name="HasGrain">Noise across the middle makes the coded pictures as large as the bit rate allows.</param>
internal sealed record Scene(string Colour, int Width = 320, int Height = 180, bool HasGrain = false)
{
    /// <summary>Bits of a picture's number.</summary>
    public const int NumberBits = 12;

    private const int Bars = NumberBits + 4;
    private const int BarsPart = 10;
    private const double GrainFrom = 0.4, GrainTo = 0.6;
    private const byte Dark = 16, Light = 235, Neutral = 128;

    // As in Pages/witness.js.
    private static readonly Dictionary<string, double[]> _colours = new()
    {
        ["red"] = [200, 40, 40],
        ["green"] = [40, 160, 60],
        ["blue"] = [40, 60, 200],
        ["white"] = [255, 255, 255],
    };

    /// <summary>Draws a picture over the whole frame.</summary>
    public unsafe void Draw(VideoFrame frame, int number)
    {
        frame.IsBt709 = false;
        (byte y, byte u, byte v) = ToYuv(_colours[Colour]);
        Fill(frame.Y, frame.StrideY, Width, 0, Height, y);
        Fill(frame.U, frame.StrideUv, Width / 2, 0, Height / 2, u);
        Fill(frame.V, frame.StrideUv, Width / 2, 0, Height / 2, v);

        int barHeight = Height / BarsPart & ~1;
        Fill(frame.U, frame.StrideUv, Width / 2, 0, barHeight / 2, Neutral);
        Fill(frame.V, frame.StrideUv, Width / 2, 0, barHeight / 2, Neutral);
        for (int bar = 0; bar < Bars; bar++)
        {
            int left = bar * Width / Bars;
            Fill(frame.Y + left, frame.StrideY, (bar + 1) * Width / Bars - left, 0, barHeight, IsLight(number, bar) ? Light : Dark);
        }

        var random = new Random(number);
        for (int row = (int)(GrainFrom * Height); HasGrain && row < GrainTo * Height; row++)
            random.NextBytes(new Span<byte>(frame.Y + row * frame.StrideY, Width));
    }

    private static bool IsLight(int number, int bar) => bar switch
    {
        0 or Bars - 1 => false,
        1 => true,
        Bars - 2 => int.PopCount(number) % 2 != 0,
        _ => (number >> (NumberBits + 1 - bar) & 1) != 0,
    };

    // BT.601 in limited range.
    private static (byte Y, byte U, byte V) ToYuv(double[] rgb) => (
        (byte)Math.Round(16 + 0.257 * rgb[0] + 0.504 * rgb[1] + 0.098 * rgb[2]),
        (byte)Math.Round(128 - 0.148 * rgb[0] - 0.291 * rgb[1] + 0.439 * rgb[2]),
        (byte)Math.Round(128 + 0.439 * rgb[0] - 0.368 * rgb[1] - 0.071 * rgb[2]));

    private static unsafe void Fill(byte* plane, int stride, int width, int from, int to, byte value)
    {
        for (int row = from; row < to; row++)
            new Span<byte>(plane + row * stride, width).Fill(value);
    }
}
