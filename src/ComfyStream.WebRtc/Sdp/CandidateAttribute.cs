using System.Diagnostics.CodeAnalysis;
using System.Net;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.WebRtc.Sdp;

/// <summary>Reads and writes the value of <c>a=candidate</c> (RFC 8839 5.1), without the word "candidate:".</summary>
internal static class CandidateAttribute
{
    /// <summary>
    /// False for everything that cannot be used: host names (never resolved, mDNS included), other components than RTP's,
    /// transports other than UDP and TCP, scoped addresses, broken values. A candidate is a hint: skipping it harms nobody.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> value, [NotNullWhen(true)] out IceCandidate? candidate)
    {
        candidate = null;
        ReadOnlySpan<char> foundation = SdpText.NextToken(ref value);
        ReadOnlySpan<char> component = SdpText.NextToken(ref value);
        ReadOnlySpan<char> transport = SdpText.NextToken(ref value);
        if (!SdpText.IsVisible(foundation, 1, 32) || component is not "1" || !TryReadTransport(transport, out bool isTcp))
            return false;

        if (!SdpText.TryReadNumber(SdpText.NextToken(ref value), uint.MaxValue, out uint priority)
            || !TryReadAddress(SdpText.NextToken(ref value), out IPAddress? address)
            || !SdpText.TryReadNumber(SdpText.NextToken(ref value), ushort.MaxValue, out uint port))
        {
            return false;
        }

        if (SdpText.NextToken(ref value) is not "typ" || !TryReadType(SdpText.NextToken(ref value), out string type))
            return false;

        candidate = new IceCandidate(foundation.ToString(), isTcp, priority, TransportAddress.From(address, (int)port), type);
        return true;
    }

    public static string Format(IceCandidate candidate)
    {
        string transport = candidate.IsTcp ? "tcp" : "udp";
        string suffix = candidate.IsTcp ? " tcptype passive" : "";
        return $"{candidate.Foundation} 1 {transport} {candidate.Priority} {candidate.Address.ToIPAddress()} {candidate.Address.Port} typ {candidate.Type}{suffix}";
    }

    private static bool TryReadTransport(ReadOnlySpan<char> text, out bool isTcp)
    {
        isTcp = text.Equals("tcp", StringComparison.OrdinalIgnoreCase);
        return isTcp || text.Equals("udp", StringComparison.OrdinalIgnoreCase);
    }

    private static bool TryReadAddress(ReadOnlySpan<char> text, [NotNullWhen(true)] out IPAddress? address)
    {
        address = null;
        bool literal = text.Contains(':') ? !text.ContainsAny('%', '[') : text.Count('.') == 3;
        return literal && IPAddress.TryParse(text, out address);
    }

    private static bool TryReadType(ReadOnlySpan<char> text, out string type)
    {
        type = text switch { "host" => "host", "srflx" => "srflx", "prflx" => "prflx", "relay" => "relay", _ => "" };
        return type.Length > 0;
    }
}
