using System.Globalization;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>Tokens and numbers inside a line's value.</summary>
internal static class SdpText
{
    /// <summary>Takes the next token that <paramref name="separator"/> ends; runs of separators count as one. Empty at the end.</summary>
    public static ReadOnlySpan<char> NextToken(ref ReadOnlySpan<char> rest, char separator = ' ')
    {
        rest = rest.TrimStart(separator);
        int end = rest.IndexOf(separator);
        ReadOnlySpan<char> token = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return token;
    }

    /// <summary>Reads digits only: no sign, no blanks, no overflow.</summary>
    public static bool TryReadNumber(ReadOnlySpan<char> text, uint maximum, out uint number) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= maximum;

    /// <summary>Reads an RTP payload type, 0 to 127 (RFC 3550 5.1).</summary>
    public static bool TryReadPayloadType(ReadOnlySpan<char> text, out byte payloadType)
    {
        bool ok = TryReadNumber(text, 127, out uint number);
        payloadType = (byte)number;
        return ok;
    }

    /// <summary>Whether the text is printable ASCII without blanks, within the given length.</summary>
    public static bool IsVisible(ReadOnlySpan<char> text, int minimumLength, int maximumLength) =>
        text.Length >= minimumLength && text.Length <= maximumLength && !text.ContainsAnyExceptInRange('!', '~');

    /// <summary>A short, printable form of a peer's text for a message.</summary>
    public static string Quote(ReadOnlySpan<char> text)
    {
        const int longest = 40;
        Span<char> shown = stackalloc char[Math.Min(text.Length, longest)];
        for (int i = 0; i < shown.Length; i++)
            shown[i] = text[i] is >= ' ' and <= '~' ? text[i] : '?';

        return text.Length > longest ? $"\"{shown}...\"" : $"\"{shown}\"";
    }
}
