using System.Net;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Sdp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Sdp;

/// <summary>Our side with pinned values, and what each outcome must look like.</summary>
internal static class SdpTest
{
    public static readonly Fingerprint OurFingerprint = new("sha-256", [.. Enumerable.Range(0, 32).Select(i => (byte)(i * 7))]);

    public static readonly NegotiationIdentifiers Identifiers = new()
    {
        SessionId = 1234567890123456789,
        StreamId = "relay-stream",
        Cname = "relay-cname",
        AudioSsrc = 1001,
        VideoSsrc = 2002,
        VideoRtxSsrc = 3003,
    };

    public static readonly IceCredentials OurIce = new("ourUserFragment0", "ourPasswordourPasswordou");

    public static AnswerOptions AnswerOptions(MediaRole role) => new()
    {
        Role = role,
        Ice = OurIce,
        Fingerprint = OurFingerprint,
        Candidates =
        [
            Candidate("3", "198.51.100.1", 8890, 1000, isTcp: true),
            Candidate("2", "2001:db8::1", 8890, 2130706175),
            Candidate("1", "198.51.100.1", 8890, 2130706431),
        ],
        Identifiers = Identifiers,
    };

    public static OfferOptions OfferOptions(MediaRole role) => new()
    {
        Role = role,
        Ice = new IceCredentials("clientUser", "clientPasswordclientPass"),
        Fingerprint = OurFingerprint,
        Candidates = [Candidate("1", "198.51.100.9", 40000, 2130706431)],
        Identifiers = Identifiers,
    };

    public static IceCandidate Candidate(string foundation, string address, int port, uint priority, bool isTcp = false) =>
        new(foundation, isTcp, priority, TransportAddress.From(IPAddress.Parse(address), port));

    public static NegotiationResult.Success Publish(string offer) => Accept(offer, AnswerOptions(MediaRole.Receive));

    public static NegotiationResult.Success View(string offer) => Accept(offer, AnswerOptions(MediaRole.Send));

    public static NegotiationResult.Success Accept(string offer, AnswerOptions options)
    {
        NegotiationResult result = Negotiator.Answer(offer, options);
        if (result is NegotiationResult.Failure failure)
            Assert.Fail(failure.Detail);

        return (NegotiationResult.Success)result;
    }

    /// <summary>The refusal's text, which must be the given kind and a whole sentence.</summary>
    public static string Refuse(string offer, MediaRole role, NegotiationFailure reason)
    {
        NegotiationResult.Failure failure = Assert.IsType<NegotiationResult.Failure>(Negotiator.Answer(offer, AnswerOptions(role)));
        Assert.Equal(reason, failure.Reason);
        Assert.EndsWith(".", failure.Detail);
        return failure.Detail;
    }

    /// <summary>Replaces text that must be there, so that a test cannot pass because its change did nothing.</summary>
    public static string With(this string offer, string old, string replacement)
    {
        Assert.Contains(old, offer);
        return offer.Replace(old, replacement);
    }

    /// <summary>Removes every line that begins so; there must be one.</summary>
    public static string Without(this string offer, string lineStart)
    {
        string[] lines = offer.Split("\r\n");
        Assert.Contains(lines, line => line.StartsWith(lineStart, StringComparison.Ordinal));
        return string.Join("\r\n", lines.Where(line => !line.StartsWith(lineStart, StringComparison.Ordinal)));
    }
}
