using ComfyStream.Media;
using ComfyStream.Media.Slates;

namespace ComfyStream.Workflows.Pixels;

/// <summary>
/// A text in the font of the slates as how much of each pixel it covers, and laid on pictures. Drawn anew only when it changes, and
/// allocates only when it grows. One thread at a time.
/// </summary>
internal sealed unsafe class TextRaster : IDisposable
{
    /// <summary>Dots from one line to the next.</summary>
    private const int LinePitch = 12;

    /// <summary>Dots between the text and the edge of its ground.</summary>
    private const int Padding = 3;

    /// <summary>How much of a dot's neighbourhood counts as ink: a little more than the dot itself, so that slanting strokes hold together.</summary>
    private const double InkThreshold = 0.4;

    private const double LeastEdge = 0.5 / InkThreshold;
    private const int Full = 255;

    private readonly NativeBuffer<byte> _coverage = new();
    private char[] _text = [];
    private int _length = -1;
    private double _scale;
    private int _mostWidth;
    private int _mostHeight;

    /// <summary>Of the text with the ground around it; even.</summary>
    public int Width { get; private set; }

    /// <summary>The same.</summary>
    public int Height { get; private set; }

    /// <summary>Draws a text, whose characters the font must have but for line feeds.</summary>
    /// <param name="text">What is drawn.</param>
    /// <param name="lineHeight">From line to line, in pixels.</param>
    /// <param name="mostWidth">What is wider is cut off.</param>
    /// <param name="mostHeight">What is higher is cut off.</param>
    public void Draw(ReadOnlySpan<char> text, double lineHeight, int mostWidth, int mostHeight)
    {
        double scale = lineHeight / LinePitch;
        if (text.SequenceEqual(_text.AsSpan(0, Math.Max(0, _length))) && _length >= 0 && (scale, mostWidth, mostHeight) == (_scale, _mostWidth, _mostHeight))
            return;
        if (_text.Length < text.Length)
            _text = new char[Math.Max(64, 2 * text.Length)];
        text.CopyTo(_text);
        (_length, _scale, _mostWidth, _mostHeight) = (text.Length, scale, mostWidth, mostHeight);
        Measure(text);
        if (text.IsEmpty)
            return;

        _coverage.EnsureLength(Width * Height);
        new Span<byte>(_coverage.Pointer, Width * Height).Clear();
        double top = Padding * scale;
        foreach (Range line in text.Split('\n'))
        {
            DrawLine(text[line], top);
            top += LinePitch * scale;
        }
    }

    /// <summary>Lays it on a picture, whose edge it must not cross, at an even place.</summary>
    /// <param name="target">The picture.</param>
    /// <param name="left">Left edge of the ground.</param>
    /// <param name="top">Its upper edge.</param>
    /// <param name="color">Of the text.</param>
    /// <param name="ground">What the rectangle around it is tinted with.</param>
    /// <param name="groundOpacity">How much of it, 0 to 1.</param>
    public void Blend(VideoFrame target, int left, int top, YuvColor color, YuvColor ground, float groundOpacity)
    {
        int opacity = (int)(groundOpacity * Full + 0.5f);
        for (int y = 0; y < Height; y++)
        {
            byte* row = target.Y + (nint)(top + y) * target.StrideY + left;
            byte* coverage = _coverage.Pointer + y * Width;
            for (int x = 0; x < Width; x++)
                row[x] = Mix(Mix(row[x], ground.Y, opacity), color.Y, coverage[x]);
        }

        for (int y = 0; y < Height / 2; y++)
        {
            nint at = (nint)(top / 2 + y) * target.StrideUv + left / 2;
            byte* upper = _coverage.Pointer + 2 * y * Width;
            byte* lower = upper + Width;
            for (int x = 0; x < Width / 2; x++)
            {
                int covered = (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1] + 2) / 4;
                target.U[at + x] = Mix(Mix(target.U[at + x], ground.U, opacity), color.U, covered);
                target.V[at + x] = Mix(Mix(target.V[at + x], ground.V, opacity), color.V, covered);
            }
        }
    }

    public void Dispose() => _coverage.Dispose();

    private static byte Mix(int below, int above, int part) => (byte)((below * (Full - part) + above * part + Full / 2) / Full);

    private void Measure(ReadOnlySpan<char> text)
    {
        (int lines, int widest) = (0, 0);
        foreach (Range line in text.Split('\n'))
        {
            lines++;
            widest = Math.Max(widest, SlateText.Measure(text[line]));
        }

        Width = text.IsEmpty ? 0 : Even(Math.Min(_mostWidth, (widest + 2 * Padding) * _scale));
        Height = text.IsEmpty ? 0 : Even(Math.Min(_mostHeight, ((lines - 1) * LinePitch + SlateFont.Rows + 2 * Padding) * _scale));
    }

    private static int Even(double length) => Math.Max(0, (int)length / 2 * 2);

    private void DrawLine(ReadOnlySpan<char> line, double top)
    {
        double left = Padding * _scale;
        foreach (char c in line)
        {
            DrawGlyph(c, left, top);
            left += (SlateFont.Columns(c) + 1) * _scale;
        }
    }

    private void DrawGlyph(char c, double left, double top)
    {
        int beginX = Math.Max(0, (int)(left - _scale / 2));
        int endX = Math.Min(Width, (int)Math.Ceiling(left + (SlateFont.Columns(c) + 0.5) * _scale));
        int beginY = Math.Max(0, (int)(top - _scale / 2));
        int endY = Math.Min(Height, (int)Math.Ceiling(top + (SlateFont.Rows + 0.5) * _scale));
        double edge = Math.Max(_scale, LeastEdge);
        for (int y = beginY; y < endY; y++)
        {
            byte* row = _coverage.Pointer + y * Width;
            for (int x = beginX; x < endX; x++)
            {
                double ink = SlateFont.Ink(c, (x + 0.5 - left) / _scale - 0.5, (y + 0.5 - top) / _scale - 0.5);
                double covered = Math.Clamp((ink - InkThreshold) * edge + 0.5, 0, 1);
                row[x] = Math.Max(row[x], (byte)(covered * Full + 0.5));
            }
        }
    }
}
