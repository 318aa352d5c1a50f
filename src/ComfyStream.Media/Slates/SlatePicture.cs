namespace ComfyStream.Media.Slates;

/// <summary>Draws the picture that viewers see while there is none: two texts on a dark ground. Any thread; not for media paths.</summary>
public static unsafe class SlatePicture
{
    private const int MinSide = 16;
    private const int MaxSide = 4096;
    private const int HdHeight = 720;

    // One tint all over: nearly neutral, so that neither matrix nor loss of chroma shows.
    private const byte GroundTop = 40;
    private const byte GroundBottom = 27;
    private const byte TintU = 136;
    private const byte TintV = 124;
    private const byte TitleLuma = 222;
    private const byte DetailLuma = 158;
    private const byte RuleLuma = 92;

    /// <summary>How much of a dot's neighbourhood counts as ink: a little more than the dot itself, so that slanting strokes hold together.</summary>
    private const double InkThreshold = 0.4;

    /// <summary>The edge must not be so soft that it reaches beyond the dot's neighbours.</summary>
    private const double LeastEdge = 0.5 / InkThreshold;

    /// <summary>
    /// Draws a slate over the whole frame: the title large, the detail below it smaller, both centred and wrapped. Characters
    /// beyond ASCII are shown as '?'; what has no room is left out, with "..." in its place.
    /// </summary>
    /// <exception cref="ArgumentException">The frame is not of 16x16 to 4096x4096 pixels.</exception>
    public static void Draw(VideoFrame frame, string title, string detail)
    {
        if (frame.Width is < MinSide or > MaxSide || frame.Height is < MinSide or > MaxSide)
            throw new ArgumentException($"A slate has {MinSide}x{MinSide} to {MaxSide}x{MaxSide} pixels, not {frame.Width}x{frame.Height}.", nameof(frame));

        SlateLayout layout = SlateLayout.Of(frame.Width, frame.Height, title, detail);
        frame.IsBt709 = frame.Height >= HdHeight;
        DrawGround(frame);
        for (int i = 0; i < layout.Title.Count; i++)
            DrawLine(frame, layout.Title[i], layout.X(layout.Title[i], layout.TitleScale), layout.TitleY(i), layout.TitleScale, TitleLuma);
        if (layout.HasRule)
            DrawRule(frame, layout);
        for (int i = 0; i < layout.Detail.Count; i++)
            DrawLine(frame, layout.Detail[i], layout.X(layout.Detail[i], layout.DetailScale), layout.DetailY(i), layout.DetailScale, DetailLuma);
    }

    private static void DrawGround(VideoFrame frame)
    {
        for (int y = 0; y < frame.Height; y++)
        {
            byte luma = (byte)(GroundTop - (GroundTop - GroundBottom) * y / frame.Height);
            new Span<byte>(frame.Y + y * frame.StrideY, frame.Width).Fill(luma);
        }

        for (int y = 0; y < frame.Height / 2; y++)
        {
            new Span<byte>(frame.U + y * frame.StrideUv, frame.Width / 2).Fill(TintU);
            new Span<byte>(frame.V + y * frame.StrideUv, frame.Width / 2).Fill(TintV);
        }
    }

    private static void DrawRule(VideoFrame frame, SlateLayout layout)
    {
        int width = frame.Width / 10;
        int height = Math.Max(1, (int)(layout.TitleScale / 2));
        for (int y = layout.RuleY; y < Math.Min(frame.Height, layout.RuleY + height); y++)
            new Span<byte>(frame.Y + y * frame.StrideY + (frame.Width - width) / 2, width).Fill(RuleLuma);
    }

    private static void DrawLine(VideoFrame frame, string line, int x, int y, double scale, byte luma)
    {
        double left = x;
        foreach (char c in line)
        {
            DrawGlyph(frame, c, left, y, scale, luma);
            left += (SlateFont.Columns(c) + 1) * scale;
        }
    }

    private static void DrawGlyph(VideoFrame frame, char c, double left, int top, double scale, byte luma)
    {
        int beginX = Math.Max(0, (int)Math.Floor(left - scale / 2));
        int endX = Math.Min(frame.Width, (int)Math.Ceiling(left + (SlateFont.Columns(c) + 0.5) * scale));
        int beginY = Math.Max(0, (int)Math.Floor(top - scale / 2));
        int endY = Math.Min(frame.Height, (int)Math.Ceiling(top + (SlateFont.Rows + 0.5) * scale));
        double edge = Math.Max(scale, LeastEdge);
        for (int y = beginY; y < endY; y++)
        {
            byte* row = frame.Y + y * frame.StrideY;
            for (int x = beginX; x < endX; x++)
            {
                double ink = SlateFont.Ink(c, (x + 0.5 - left) / scale - 0.5, (y + 0.5 - top) / scale - 0.5);
                double opacity = Math.Clamp((ink - InkThreshold) * edge + 0.5, 0, 1);
                row[x] += (byte)((luma - row[x]) * opacity);
            }
        }
    }
}
