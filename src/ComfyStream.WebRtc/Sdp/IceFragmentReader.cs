using System.Diagnostics.CodeAnalysis;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>
/// Reads SDP fragments (RFC 8840 9) as clients write them: the media line real or made up, credentials at session or media level,
/// candidates in one section or in each. All of it is one transport, because the media is bundled.
/// </summary>
public static class IceFragmentReader
{
    /// <summary>Reads a fragment. False for broken text; <paramref name="problem"/> then says what is wrong with it.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out IceFragment? fragment, out string problem)
    {
        var state = new SdpParseState();
        string? found = ReadLines(state, text) ?? FindContradiction(state.Session);
        fragment = found is null ? Join(state.Session) : null;
        problem = found ?? "";
        return found is null;
    }

    private static string? ReadLines(SdpParseState state, ReadOnlySpan<char> text)
    {
        if (text.Length > SdpLimits.MaxCharacters)
            return $"The fragment is longer than {SdpLimits.MaxCharacters} characters.";

        var lines = new SdpLineLexer(text);
        while (lines.MoveNext())
        {
            if (lines.LineNumber > SdpLimits.MaxLines)
                return $"The fragment has more than {SdpLimits.MaxLines} lines.";

            if (!lines.Current.IsEmpty && ReadLine(state, lines.Current) is { } problem)
                return $"Fragment line {lines.LineNumber}: {problem}.";
        }

        return null;
    }

    // Only a= and m= belong into a fragment; other fields of SDP say nothing here.
    private static string? ReadLine(SdpParseState state, ReadOnlySpan<char> line) => SdpReader.CheckForm(line) ?? line[0] switch
    {
        'a' => SdpAttributeParsers.Parse(state, line[2..]),
        'm' => SdpReader.ReadMedia(state, line[2..]),
        char field => char.IsAsciiLetterLower(field) ? null : $"{SdpText.Quote([field])} is not a field of SDP",
    };

    private static string? FindContradiction(SessionDescription fragment)
    {
        TransportDescription? first = null;
        foreach (TransportDescription transport in Transports(fragment))
        {
            if (transport.UserFragment is null && transport.Password is null)
                continue;
            if (transport.UserFragment is null || transport.Password is null)
                return "The fragment has only one of a=ice-ufrag and a=ice-pwd: they come together (RFC 8840 4.4).";
            if (first is not null && (first.UserFragment != transport.UserFragment || first.Password != transport.Password))
                return "The sections of the fragment have different ICE credentials: all media shares one transport here.";
            first = transport;
        }

        return first is null ? "The fragment has no a=ice-ufrag and a=ice-pwd: they say which ICE session it is of (RFC 8840 4.4)." : null;
    }

    private static IceFragment Join(SessionDescription fragment)
    {
        TransportDescription[] transports = [.. Transports(fragment)];
        TransportDescription named = transports.First(transport => transport.UserFragment is not null);
        return new IceFragment(
            new IceCredentials(named.UserFragment!, named.Password!),
            [.. transports.SelectMany(transport => transport.Candidates).Distinct().Take(SdpLimits.MaxCandidates)],
            transports.Any(transport => transport.EndOfCandidates),
            fragment.IceLite,
            [.. transports.SelectMany(transport => transport.IceOptions).Distinct()],
            fragment.IcePacing);
    }

    private static IEnumerable<TransportDescription> Transports(SessionDescription fragment) =>
        fragment.Media.Select(section => section.Transport).Prepend(fragment.Transport);
}
