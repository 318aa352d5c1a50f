using System.Text;

namespace ComfyStream.Media.Slates;

/// <summary>Makes lines of text that are no wider than asked. Widths are in dots of <see cref="SlateFont"/>.</summary>
internal static class SlateText
{
    private const int MostCharacters = 400;
    private const string Ellipsis = "...";

    /// <summary>The text as it can be drawn: on one line, what the font lacks as '?'.</summary>
    public static string Clean(string text)
    {
        StringBuilder clean = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            char c = Rune.IsWhiteSpace(rune) ? ' ' : SlateFont.Drawable(rune);
            if (c != ' ' || clean.Length > 0 && clean[^1] != ' ')
                clean.Append(c);
            if (clean.Length == MostCharacters)
                break;
        }

        return clean.ToString().TrimEnd();
    }

    public static int Measure(ReadOnlySpan<char> line)
    {
        int columns = 0;
        foreach (char c in line)
            columns += SlateFont.Columns(c) + 1;
        return Math.Max(0, columns - 1);
    }

    /// <summary>
    /// Breaks a clean text between words, and within a word that is wider than a line; in as few lines as it takes, and those as
    /// even as may be.
    /// </summary>
    public static List<string> Wrap(string text, int columns)
    {
        List<string> lines = Break(text, columns);
        if (lines.Count < 2)
            return lines;
        int widestWord = text.Split(' ').Max(word => Measure(word));
        while (--columns >= widestWord && Break(text, columns) is { } narrower && narrower.Count == lines.Count)
            lines = narrower;
        return lines;
    }

    /// <summary>Says that something was left out after the line.</summary>
    public static string Shorten(string line, int columns)
    {
        string shortened = line + Ellipsis;
        for (int length = line.Length; length > 0 && Measure(shortened) > columns; length--)
            shortened = line[..(length - 1)].TrimEnd() + Ellipsis;
        return shortened;
    }

    private static List<string> Break(string text, int columns)
    {
        List<string> lines = [];
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty)
        {
            int length = Fit(rest, columns);
            if (length < rest.Length && rest[..(length + 1)].LastIndexOf(' ') is > 0 and int space)
                length = space;
            lines.Add(rest[..length].ToString());
            rest = rest[length..].TrimStart(' ');
        }

        return lines;
    }

    /// <summary>How many characters fit, at least one.</summary>
    private static int Fit(ReadOnlySpan<char> text, int columns)
    {
        int used = -1;
        for (int length = 0; length < text.Length; length++)
        {
            used += SlateFont.Columns(text[length]) + 1;
            if (used > columns)
                return Math.Max(1, length);
        }

        return text.Length;
    }
}
