using System.Collections.Frozen;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Rtp;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>
/// One small parser per a= attribute, in a table. A parser returns what is wrong with the value, or null. Attributes that are
/// not in the table are ignored, as are those at a level where they mean nothing (RFC 8866 5.13).
/// </summary>
internal static class SdpAttributeParsers
{
    private static readonly FrozenDictionary<string, Rule> s_rules = new Dictionary<string, Rule>
    {
        ["group"] = new(Level.Session, ParseGroup),
        ["ice-lite"] = new(Level.Session, static (state, _) => Set(state.Session.IceLite = true)),
        ["ice-pacing"] = new(Level.Session, static (state, value) => Set(state.Session.IcePacing = value.Trim(' ').ToString())),
        ["msid-semantic"] = new(Level.Session, static (state, value) => Set(state.Session.MsidSemantic = value.Trim(' ').ToString())),

        ["sendrecv"] = new(Level.Either, static (state, _) => SetDirection(state, MediaDirection.SendRecv)),
        ["sendonly"] = new(Level.Either, static (state, _) => SetDirection(state, MediaDirection.SendOnly)),
        ["recvonly"] = new(Level.Either, static (state, _) => SetDirection(state, MediaDirection.RecvOnly)),
        ["inactive"] = new(Level.Either, static (state, _) => SetDirection(state, MediaDirection.Inactive)),
        ["extmap-allow-mixed"] = new(Level.Either, ParseExtmapAllowMixed),
        ["ice-ufrag"] = new(Level.Either, ParseUserFragment),
        ["ice-pwd"] = new(Level.Either, ParsePassword),
        ["ice-options"] = new(Level.Either, ParseIceOptions),
        ["fingerprint"] = new(Level.Either, ParseFingerprint),
        ["setup"] = new(Level.Either, static (state, value) => Set(state.Transport.Setup = value.Trim(' ').ToString())),
        ["candidate"] = new(Level.Either, ParseCandidate),
        ["end-of-candidates"] = new(Level.Either, static (state, _) => Set(state.Transport.EndOfCandidates = true)),
        ["rtcp-mux"] = new(Level.Either, static (state, _) => Set(state.Transport.RtcpMux = true)),

        ["mid"] = new(Level.Media, ParseMid),
        ["bundle-only"] = new(Level.Media, static (state, _) => Set(state.Media!.BundleOnly = true)),
        ["rtcp-mux-only"] = new(Level.Media, static (state, _) => Set(state.Media!.RtcpMuxOnly = true)),
        ["rtcp-rsize"] = new(Level.Media, static (state, _) => Set(state.Media!.ReducedSizeRtcp = true)),
        ["rtpmap"] = new(Level.Media, ParseRtpMap),
        ["fmtp"] = new(Level.Media, ParseFormatParameters),
        ["rtcp-fb"] = new(Level.Media, ParseFeedback),
        ["extmap"] = new(Level.Media, ParseExtension),
        ["msid"] = new(Level.Media, ParseStreamId),
        ["ssrc"] = new(Level.Media, ParseSource),
        ["ssrc-group"] = new(Level.Media, ParseSourceGroup),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Rule>.AlternateLookup<ReadOnlySpan<char>> s_byName =
        s_rules.GetAlternateLookup<ReadOnlySpan<char>>();

    private delegate string? Parser(SdpParseState state, ReadOnlySpan<char> value);

    private enum Level
    {
        Session,
        Media,
        Either,
    }

    /// <summary>Parses what comes after "a=".</summary>
    public static string? Parse(SdpParseState state, ReadOnlySpan<char> attribute)
    {
        int colon = attribute.IndexOf(':');
        ReadOnlySpan<char> name = colon < 0 ? attribute : attribute[..colon];
        if (!s_byName.TryGetValue(name, out Rule? rule))
            return null;

        Level level = state.Media is null ? Level.Session : Level.Media;
        return rule.Level == Level.Either || rule.Level == level
            ? rule.Parse(state, colon < 0 ? default : attribute[(colon + 1)..])
            : null;
    }

    /// <summary>An assignment as a parser that finds nothing wrong.</summary>
    private static string? Set<T>(T assigned)
    {
        _ = assigned;
        return null;
    }

    private static string? SetDirection(SdpParseState state, MediaDirection direction)
    {
        if (state.Media is { } media)
            media.Direction = direction;
        else
            state.Session.Direction = direction;

        return null;
    }

    private static string? ParseExtmapAllowMixed(SdpParseState state, ReadOnlySpan<char> value)
    {
        if (state.Media is { } media)
            media.ExtmapAllowMixed = true;
        else
            state.Session.ExtmapAllowMixed = true;

        return null;
    }

    private static string? ParseGroup(SdpParseState state, ReadOnlySpan<char> value)
    {
        if (SdpText.NextToken(ref value) is not "BUNDLE")
            return null;

        var mids = new List<string>();
        while (SdpText.NextToken(ref value) is { IsEmpty: false } mid)
            mids.Add(mid.ToString());

        state.Session.BundleGroups.Add(mids);
        return null;
    }

    private static string? ParseMid(SdpParseState state, ReadOnlySpan<char> value)
    {
        if (!SdpText.IsVisible(value, 1, 256))
            return "a=mid must be one word of printable ASCII";

        string mid = value.ToString();
        if (state.Media!.Mid.Length > 0)
            return $"{state.Media} has a second a=mid";

        if (!state.TryAddMid(mid))
            return $"a=mid {SdpText.Quote(mid)} names two sections";

        state.Media.Mid = mid;
        return null;
    }

    private static string? ParseUserFragment(SdpParseState state, ReadOnlySpan<char> value)
    {
        // A colon would end our half of the USERNAME attribute of a check (RFC 8445 7.2.2).
        if (!SdpText.IsVisible(value, 4, 256) || value.Contains(':'))
            return "a=ice-ufrag must be 4 to 256 ice characters (RFC 8839 5.4)";

        state.Transport.UserFragment = value.ToString();
        return null;
    }

    private static string? ParsePassword(SdpParseState state, ReadOnlySpan<char> value)
    {
        if (!SdpText.IsVisible(value, 22, 256))
            return "a=ice-pwd must be 22 to 256 ice characters (RFC 8839 5.4)";

        state.Transport.Password = value.ToString();
        return null;
    }

    /// <summary>Options are separated by blanks (RFC 8839 5.6); OBS 30.1 writes commas.</summary>
    private static string? ParseIceOptions(SdpParseState state, ReadOnlySpan<char> value)
    {
        foreach (Range range in value.SplitAny(' ', ','))
        {
            if (value[range] is { IsEmpty: false } option)
                state.Transport.IceOptions.Add(option.ToString());
        }

        return null;
    }

    private static string? ParseFingerprint(SdpParseState state, ReadOnlySpan<char> value)
    {
        string algorithm = SdpText.NextToken(ref value).ToString().ToLowerInvariant();
        int byteCount = FingerprintAttribute.HashByteCount(algorithm);
        if (byteCount == 0)
        {
            state.Transport.UnusableFingerprints.Add(algorithm);
            return null;
        }

        byte[] hash = new byte[byteCount];
        if (!FingerprintAttribute.TryReadHash(value.Trim(' '), hash))
            return $"a=fingerprint:{algorithm} must be {byteCount} pairs of hex digits with colons between them (RFC 8122 5)";

        state.Transport.Fingerprints.Add(new Fingerprint(algorithm, hash));
        return null;
    }

    private static string? ParseCandidate(SdpParseState state, ReadOnlySpan<char> value)
    {
        if (state.Transport.Candidates.Count < SdpLimits.MaxCandidates && CandidateAttribute.TryParse(value, out IceCandidate? candidate))
            state.Transport.Candidates.Add(candidate);

        return null;
    }

    private static string? ParseRtpMap(SdpParseState state, ReadOnlySpan<char> value)
    {
        const string form = "a=rtpmap must be <payload type 0-127> <name>/<clock rate>[/<channels>]";
        if (!SdpText.TryReadPayloadType(SdpText.NextToken(ref value), out byte payloadType))
            return form;

        ReadOnlySpan<char> encoding = SdpText.NextToken(ref value);
        ReadOnlySpan<char> name = SdpText.NextToken(ref encoding, '/');
        ReadOnlySpan<char> clock = SdpText.NextToken(ref encoding, '/');
        if (!SdpText.IsVisible(name, 1, 64) || !SdpText.TryReadNumber(clock, int.MaxValue, out uint clockRate) || clockRate == 0)
            return form;

        uint channels = state.Media!.Kind == MediaKind.Audio ? 1u : 0u;
        if (!encoding.IsEmpty && !SdpText.TryReadNumber(encoding, 255, out channels))
            return form;

        state.AddRtpMap(new RtpCodec(payloadType, name.ToString(), (int)clockRate, (int)channels, ""));
        return null;
    }

    private static string? ParseFormatParameters(SdpParseState state, ReadOnlySpan<char> value)
    {
        ReadOnlySpan<char> format = SdpText.NextToken(ref value);
        if (!state.Media!.IsRtp)
            return null;

        if (!SdpText.TryReadPayloadType(format, out byte payloadType))
            return "a=fmtp must begin with a payload type 0-127";

        state.AddFormatParameters(payloadType, value.Trim(' ').ToString());
        return null;
    }

    private static string? ParseFeedback(SdpParseState state, ReadOnlySpan<char> value)
    {
        ReadOnlySpan<char> format = SdpText.NextToken(ref value);
        byte payloadType = 0;
        bool all = format is "*";
        if (!all && !SdpText.TryReadPayloadType(format, out payloadType))
            return "a=rtcp-fb must begin with a payload type 0-127 or *";

        state.Media!.Feedback.Add(new RtcpFeedback(all ? null : payloadType, value.Trim(' ').ToString()));
        return null;
    }

    private static string? ParseExtension(SdpParseState state, ReadOnlySpan<char> value)
    {
        ReadOnlySpan<char> head = SdpText.NextToken(ref value);
        ReadOnlySpan<char> uri = SdpText.NextToken(ref value);
        ReadOnlySpan<char> id = SdpText.NextToken(ref head, '/');
        if (!SdpText.TryReadNumber(id, ushort.MaxValue, out uint number) || uri.IsEmpty)
            return "a=extmap must be <id>[/<direction>] <uri>";

        MediaDirection? direction = MediaDirectionExtensions.TryParse(head, out MediaDirection suffix) ? suffix : null;
        state.Media!.Extensions.Add(new HeaderExtension((int)number, direction, uri.ToString()));
        return null;
    }

    private static string? ParseStreamId(SdpParseState state, ReadOnlySpan<char> value)
    {
        ReadOnlySpan<char> stream = SdpText.NextToken(ref value);
        if (!stream.IsEmpty)
            state.Media!.StreamIds.Add(new MediaStreamId(stream.ToString(), SdpText.NextToken(ref value).ToString()));

        return null;
    }

    private static string? ParseSource(SdpParseState state, ReadOnlySpan<char> value)
    {
        if (!SdpText.TryReadNumber(SdpText.NextToken(ref value), uint.MaxValue, out uint ssrc))
            return "a=ssrc must begin with a number of 32 bits";

        state.Media!.Sources.Add(new SourceAttribute(ssrc, value.Trim(' ').ToString()));
        return null;
    }

    private static string? ParseSourceGroup(SdpParseState state, ReadOnlySpan<char> value)
    {
        string semantics = SdpText.NextToken(ref value).ToString();
        var ssrcs = new List<uint>();
        while (SdpText.NextToken(ref value) is { IsEmpty: false } token)
        {
            if (!SdpText.TryReadNumber(token, uint.MaxValue, out uint ssrc))
                return "a=ssrc-group must list numbers of 32 bits";

            ssrcs.Add(ssrc);
        }

        state.Media!.SourceGroups.Add(new SourceGroup(semantics, ssrcs));
        return null;
    }

    private sealed record Rule(Level Level, Parser Parse);
}
