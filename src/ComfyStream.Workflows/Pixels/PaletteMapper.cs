using System.Runtime.Intrinsics;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// Which colour of a palette is nearest to any, looked for once for each cell of 4 levels that a picture has, by the cell's middle.
/// One thread at a time.
/// </summary>
internal sealed unsafe class PaletteMapper : IDisposable
{
    private const int Bits = 6;
    private const short Unknown = -1;

    private readonly NativeBuffer<short> _nearest = new(1 << (3 * Bits));
    private readonly NativeBuffer<short> _channels = new(3 * PaletteMaker.MaxColors);
    private readonly NativeBuffer<byte> _palette = new(3 * PaletteMaker.MaxColors);
    private int _count;

    /// <summary>Takes another palette: red, green and blue of each colour.</summary>
    public void Begin(ReadOnlySpan<byte> colors)
    {
        colors.CopyTo(new Span<byte>(_palette.Pointer, colors.Length));
        _count = colors.Length / 3;
        new Span<short>(_nearest.Pointer, _nearest.Length).Fill(Unknown);
        for (int channel = 0; channel < 3; channel++)
        {
            // What is left of the last vector repeats the first colour, which is nearer than itself to nothing.
            for (int i = 0; i < PaletteMaker.MaxColors; i++)
                _channels.Pointer[channel * PaletteMaker.MaxColors + i] = colors[3 * (i < _count ? i : 0) + channel];
        }
    }

    /// <summary>Red, green and blue of the nearest.</summary>
    public byte* Find(int r, int g, int b)
    {
        int cell = (r >> (8 - Bits)) << (2 * Bits) | (g >> (8 - Bits)) << Bits | b >> (8 - Bits);
        short index = _nearest.Pointer[cell];
        if (index == Unknown)
            _nearest.Pointer[cell] = index = Search((short)(r & ~3 | 2), (short)(g & ~3 | 2), (short)(b & ~3 | 2));
        return _palette.Pointer + 3 * index;
    }

    public void Dispose()
    {
        _nearest.Dispose();
        _channels.Dispose();
        _palette.Dispose();
    }

    private short Search(short r, short g, short b)
    {
        short* red = _channels.Pointer;
        short* green = red + PaletteMaker.MaxColors;
        short* blue = green + PaletteMaker.MaxColors;
        Vector256<int> least = Vector256.Create(int.MaxValue);
        Vector256<int> nearest = default;
        Vector256<int> index = Vector256.Create(0, 1, 2, 3, 4, 5, 6, 7);
        for (int i = 0; i < _count; i += 8)
        {
            Vector256<int> distance = Square(red + i, r) + Square(green + i, g) + Square(blue + i, b);
            Vector256<int> isNearer = Vector256.LessThan(distance, least);
            least = Vector256.ConditionalSelect(isNearer, distance, least);
            nearest = Vector256.ConditionalSelect(isNearer, index, nearest);
            index += Vector256.Create(8);
        }

        int best = 0;
        for (int i = 1; i < 8; i++)
        {
            if (least[i] < least[best] || (least[i] == least[best] && nearest[i] < nearest[best]))
                best = i;
        }

        return (short)(nearest[best] < _count ? nearest[best] : 0);
    }

    private static Vector256<int> Square(short* values, short from)
    {
        Vector256<int> difference = Vector256.WidenLower(Vector128.Load(values).ToVector256Unsafe()) - Vector256.Create((int)from);
        return difference * difference;
    }
}
