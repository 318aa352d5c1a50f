using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>
/// Reads session descriptions (RFC 8866) as WebRTC endpoints write them: tolerant where they differ, strict about what would
/// be unsafe or ambiguous. Time and memory grow with the length of the text, which is limited.
/// </summary>
public static class SdpReader
{
    /// <summary>They would let a value that is echoed or logged break out of its line; a tab does no harm.</summary>
    private static readonly SearchValues<char> s_controlCharacters =
        SearchValues.Create([.. Enumerable.Range(0, 160).Select(c => (char)c).Where(c => char.IsControl(c) && c != '\t'), '\u2028', '\u2029']);

    /// <summary>Reads a description. False for broken text; <paramref name="problem"/> then names the line and what is wrong with it.</summary>
    public static bool TryParse(ReadOnlySpan<char> sdp, [NotNullWhen(true)] out SessionDescription? description, out string problem)
    {
        var state = new SdpParseState();
        string? found = ReadLines(state, sdp) ?? FindMissing(state);
        description = found is null ? state.Session : null;
        problem = found ?? "";
        return found is null;
    }

    private static string? ReadLines(SdpParseState state, ReadOnlySpan<char> sdp)
    {
        if (sdp.IsEmpty)
            return "The SDP is empty.";

        if (sdp.Length > SdpLimits.MaxCharacters)
            return $"The SDP is longer than {SdpLimits.MaxCharacters} characters.";

        var lines = new SdpLineLexer(sdp);
        while (lines.MoveNext())
        {
            if (lines.LineNumber > SdpLimits.MaxLines)
                return $"The SDP has more than {SdpLimits.MaxLines} lines.";

            if (ReadLine(state, lines.Current, lines.LineNumber) is { } problem)
                return $"SDP line {lines.LineNumber}: {problem}.";
        }

        state.EndMedia();
        return null;
    }

    private static string? ReadLine(SdpParseState state, ReadOnlySpan<char> line, int lineNumber)
    {
        if (lineNumber == 1)
            return line is "v=0" ? null : $"must be v=0, not {SdpText.Quote(line)}";

        return line.IsEmpty ? null : CheckForm(line) ?? ReadField(state, line[0], line[2..]);
    }

    /// <summary>What is wrong with the form of a line that is not empty, or null.</summary>
    internal static string? CheckForm(ReadOnlySpan<char> line)
    {
        if (line.Length < 2 || line[1] != '=')
            return $"{SdpText.Quote(line)} is not of the form <letter>=<value>";

        return line.ContainsAny(s_controlCharacters) ? "control characters are not allowed" : null;
    }

    private static string? ReadField(SdpParseState state, char field, ReadOnlySpan<char> value)
    {
        switch (field)
        {
            case 'a':
                return SdpAttributeParsers.Parse(state, value);
            case 'm':
                return ReadMedia(state, value);
            case 'o':
                state.HasOrigin = true;
                state.Session.Origin = value.ToString();
                return null;
            case 's':
                state.HasName = true;
                state.Session.Name = value.ToString();
                return null;
            case 't':
                state.HasTime = true;
                return null;
            case 'v':
                return "a second v= line; send one description at a time";
            default:
                return char.IsAsciiLetterLower(field) ? null : $"{SdpText.Quote([field])} is not a field of SDP";
        }
    }

    /// <summary><c>m=&lt;media&gt; &lt;port&gt;[/&lt;number&gt;] &lt;proto&gt; &lt;fmt&gt; ...</c> (RFC 8866 5.14).</summary>
    internal static string? ReadMedia(SdpParseState state, ReadOnlySpan<char> value)
    {
        if (state.Session.Media.Count == SdpLimits.MaxMediaSections)
            return $"more than {SdpLimits.MaxMediaSections} media sections";

        ReadOnlySpan<char> type = SdpText.NextToken(ref value);
        ReadOnlySpan<char> portAndCount = SdpText.NextToken(ref value);
        ReadOnlySpan<char> protocol = SdpText.NextToken(ref value);
        if (!SdpText.IsVisible(type, 1, 64)
            || !SdpText.TryReadNumber(SdpText.NextToken(ref portAndCount, '/'), ushort.MaxValue, out uint port)
            || !SdpText.IsVisible(protocol, 1, 64))
        {
            return "m= must be <media> <port> <protocol> <formats>";
        }

        var formats = new List<string>();
        while (SdpText.NextToken(ref value) is { IsEmpty: false } format)
            formats.Add(format.ToString());

        var media = new MediaDescription
        {
            Index = state.Session.Media.Count,
            Type = type.ToString(),
            Port = (int)port,
            Protocol = protocol.ToString(),
            Formats = formats,
        };
        state.BeginMedia(media);
        return CheckFormats(media);
    }

    private static string? CheckFormats(MediaDescription media)
    {
        if (media.Formats.Count == 0)
            return "m= names no format";

        if (media.Formats.Count > SdpLimits.MaxPayloadTypes)
            return $"more than {SdpLimits.MaxPayloadTypes} formats in one section";

        if (!media.IsRtp)
            return null;

        var seen = new HashSet<byte>();
        foreach (string format in media.Formats)
        {
            if (!SdpText.TryReadPayloadType(format, out byte payloadType))
                return $"{SdpText.Quote(format)} is not a payload type (0-127)";

            if (!seen.Add(payloadType))
                return $"payload type {payloadType} stands twice in one section";
        }

        return null;
    }

    private static string? FindMissing(SdpParseState state)
    {
        if (!state.HasOrigin || !state.HasName || !state.HasTime)
            return "The SDP lacks its o=, s= or t= line (RFC 8866 5); it may have been cut short.";

        return state.Session.Media.Count == 0 ? "The SDP has no media section (m= line); it may have been cut short." : null;
    }
}
