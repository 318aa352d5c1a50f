namespace ComfyStream.Media.Slates;

/// <summary>Where the lines of a slate stand. Wraps first, then draws smaller down to half the size, then leaves out what does not fit.</summary>
internal sealed class SlateLayout
{
    /// <summary>Dots from one line to the next.</summary>
    private const int LinePitch = 12;

    /// <summary>Dots of the title's size between title and detail; the rule stands in their middle.</summary>
    private const int Gap = 7;

    private const double TitleScalePerPixel = 1 / 88.0;
    private const double DetailScalePerPixel = 1 / 165.0;
    private const double ShrinkStep = 0.9;
    private const double SmallestShrink = 0.5;

    private readonly int _width;
    private readonly int _availableHeight;

    private SlateLayout(int width, int height, double shrink, string title, string detail)
    {
        _width = width;
        int margin = Math.Max(1, Math.Min(width, height) / 16);
        int availableWidth = width - 2 * margin;
        _availableHeight = height - 2 * margin;

        // Tall pictures go by their width, or few words would fill them.
        double side = Math.Min(height, width * 0.75);
        TitleScale = Math.Max(1, side * TitleScalePerPixel * shrink);
        DetailScale = Math.Max(1, side * DetailScalePerPixel * shrink);
        (int titleColumns, int detailColumns) = ((int)(availableWidth / TitleScale), (int)(availableWidth / DetailScale));
        Title = SlateText.Wrap(title, titleColumns);
        Detail = SlateText.Wrap(detail, detailColumns);
        Fits = BlockHeight <= _availableHeight;
        if (shrink <= SmallestShrink)
            LeaveOut(titleColumns, detailColumns);
        Top = Math.Max(margin, (height - BlockHeight) / 2);
    }

    /// <summary>Pixels a dot.</summary>
    public double TitleScale { get; }

    /// <summary>Pixels a dot.</summary>
    public double DetailScale { get; }

    public List<string> Title { get; }

    public List<string> Detail { get; }

    /// <summary>Between title and detail, when there are both.</summary>
    public bool HasRule => Title.Count > 0 && Detail.Count > 0;

    public int RuleY => (int)(Top + Title.Count * LinePitch * TitleScale + (Gap - (LinePitch - SlateFont.Rows)) * TitleScale / 2);

    private bool Fits { get; }

    private int Top { get; }

    private int BlockHeight => (int)Math.Ceiling(
        Title.Count * LinePitch * TitleScale + (HasRule ? Gap * TitleScale : 0) + Detail.Count * LinePitch * DetailScale
        - (LinePitch - SlateFont.Rows) * (Detail.Count > 0 ? DetailScale : TitleScale));

    public static SlateLayout Of(int width, int height, string title, string detail)
    {
        (title, detail) = (SlateText.Clean(title), SlateText.Clean(detail));
        double shrink = 1;
        while (true)
        {
            SlateLayout layout = new(width, height, shrink, title, detail);
            if (layout.Fits || shrink <= SmallestShrink)
                return layout;
            shrink = Math.Max(SmallestShrink, shrink * ShrinkStep);
        }
    }

    /// <summary>Left edge of a line.</summary>
    public int X(string line, double scale) => (int)Math.Max(0, (_width - SlateText.Measure(line) * scale) / 2);

    public int TitleY(int line) => (int)(Top + line * LinePitch * TitleScale);

    public int DetailY(int line) =>
        (int)(Top + Title.Count * LinePitch * TitleScale + (HasRule ? Gap * TitleScale : 0) + line * LinePitch * DetailScale);

    private void LeaveOut(int titleColumns, int detailColumns)
    {
        bool isDetailCut = false;
        while (BlockHeight > _availableHeight && Detail.Count > 0)
        {
            Detail.RemoveAt(Detail.Count - 1);
            isDetailCut = true;
        }

        if (isDetailCut && Detail.Count > 0)
            Detail[^1] = SlateText.Shorten(Detail[^1], detailColumns);

        bool isTitleCut = false;
        while (BlockHeight > _availableHeight && Title.Count > 1)
        {
            Title.RemoveAt(Title.Count - 1);
            isTitleCut = true;
        }

        if (isTitleCut)
            Title[^1] = SlateText.Shorten(Title[^1], titleColumns);
    }
}
