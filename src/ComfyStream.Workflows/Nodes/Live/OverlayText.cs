using System.Globalization;
using System.Text;
using ComfyStream.Media.Slates;

namespace ComfyStream.Workflows.Nodes;

/// <summary>
/// A text with places for what changes: <c>{clock}</c>, <c>{time}</c>, <c>{frame}</c> and <c>{fps}</c>. Filled in for each picture without
/// allocating. One thread at a time.
/// </summary>
internal sealed class OverlayText
{
    /// <summary>Over which the rate is taken, in the stream's time.</summary>
    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(1);

    private const int LongestValue = 16;

    // What is literal and what is not take turns, beginning with a literal, which may be empty.
    private readonly string[] _parts;
    private readonly char[] _filled;
    private readonly Counters _counters;

    /// <param name="text">As it is written in the workflow; of other braces nothing is made.</param>
    /// <param name="counters">Go on when the text becomes another.</param>
    public OverlayText(string text, Counters counters)
    {
        _counters = counters;
        var parts = new List<string>();
        int from = 0;
        for (int at = text.IndexOf('{', StringComparison.Ordinal); at >= 0; at = text.IndexOf('{', at + 1))
        {
            if (Places.FirstOrDefault(place => text.AsSpan(at).StartsWith(place)) is not { } found)
                continue;
            parts.Add(Clean(text[from..at]));
            parts.Add(found);
            from = at + found.Length;
        }

        parts.Add(Clean(text[from..]));
        _parts = [.. parts];
        _filled = new char[_parts.Sum(part => Math.Max(part.Length, LongestValue))];
    }

    private static readonly string[] Places = ["{clock}", "{time}", "{frame}", "{fps}"];

    /// <summary>The text for a picture; valid until the next call.</summary>
    public ReadOnlySpan<char> Fill(DateTime clock)
    {
        int length = 0;
        for (int i = 0; i < _parts.Length; i++)
        {
            Span<char> rest = _filled.AsSpan(length);
            if (i % 2 == 0)
            {
                _parts[i].CopyTo(rest);
                length += _parts[i].Length;
                continue;
            }

            int written = 0;
            bool fits = _parts[i] switch
            {
                "{clock}" => clock.TryFormat(rest, out written, "HH:mm:ss", CultureInfo.InvariantCulture),
                "{time}" => _counters.Time.TryFormat(rest, out written, @"hh\:mm\:ss", CultureInfo.InvariantCulture),
                "{frame}" => _counters.Pictures.TryFormat(rest, out written, default, CultureInfo.InvariantCulture),
                _ => _counters.Rate.TryFormat(rest, out written, "F1", CultureInfo.InvariantCulture),
            };
            length += fits ? written : 0;
        }

        return _filled.AsSpan(0, length);
    }

    /// <summary>What the font lacks as '?'.</summary>
    private static string Clean(string text)
    {
        var clean = new StringBuilder();
        foreach (Rune rune in text.ReplaceLineEndings("\n").EnumerateRunes())
            clean.Append(rune.Value == '\n' ? '\n' : Rune.IsWhiteSpace(rune) ? ' ' : SlateFont.Drawable(rune));
        return clean.ToString();
    }

    /// <summary>What a stream's pictures count.</summary>
    internal sealed class Counters
    {
        private TimeSpan? _first;
        private TimeSpan _windowBegin;
        private long _windowPictures;

        /// <summary>Since the first picture.</summary>
        public TimeSpan Time { get; private set; }

        /// <summary>The first is 1.</summary>
        public long Pictures { get; private set; }

        /// <summary>Pictures a second, of the second before.</summary>
        public double Rate { get; private set; }

        public void Count(TimeSpan mediaTime)
        {
            if (_first is null || mediaTime < _windowBegin)
                (_first, _windowBegin, _windowPictures) = (mediaTime - Time, mediaTime, Pictures);
            Time = mediaTime - _first.Value;
            if (mediaTime - _windowBegin >= RateWindow)
            {
                Rate = (Pictures - _windowPictures) / (mediaTime - _windowBegin).TotalSeconds;
                (_windowBegin, _windowPictures) = (mediaTime, Pictures);
            }

            Pictures++;
        }
    }
}
