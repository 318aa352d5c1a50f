using System.Text;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Sdp;
using ComfyStream.WebRtc.Tests.Sdp.Offers;

namespace ComfyStream.Fuzzing.Targets;

/// <summary>Offers in the shape of real clients, answered as to a publisher and as to a viewer.</summary>
internal sealed class SdpTarget : IFuzzTarget
{
    public static IReadOnlyList<byte[]> SdpWords { get; } =
    [
        .. new[]
        {
            "\r\n", "\n", "\0", " ", "=", ":", "/", "a=", "m=", "c=", "99999999999999999999", "-1", "65536", "4294967296", "127", "128", "0", "\u00E9", "\uD83D\uDE00",
            "a=mid:0\r\n", "a=group:BUNDLE 0 1 2\r\n", "a=rtcp-mux\r\n", "a=setup:passive\r\n", "a=setup:active\r\n", "a=sendonly\r\n", "a=recvonly\r\n", "a=inactive\r\n",
            "a=bundle-only\r\n", "a=ice-lite\r\n", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n", "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n",
            "a=rtpmap:96 H264/90000\r\n", "a=fmtp:96 packetization-mode=1;profile-level-id=42e01f\r\n", "a=rtcp-fb:* nack\r\n", "a=extmap:1/sendrecv urn:x\r\n",
            "a=candidate:1 1 udp 2113937151 192.0.2.1 4000 typ host\r\n", "a=fingerprint:sha-256 ", "a=ssrc-group:FID 1 2\r\n", "a=simulcast:send a;b\r\n",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    private readonly Fingerprint _fingerprint;

    public SdpTarget()
    {
        using DtlsIdentity identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
        _fingerprint = identity.Fingerprint;
    }

    public string Name => "sdp";

    public IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. new[]
        {
            ChromePublish.Sdp, FirefoxPublish.Sdp, Obs30.Sdp, Obs31.Sdp, FFmpeg80.Sdp, FFmpeg80VideoOnly.Sdp, GStreamerPublish.Sdp, AiortcPublish.Sdp,
            SimpleWhipClient.Sdp, MaxBundle.Sdp, ChromeView.Sdp, FirefoxView.Sdp, SafariView.Sdp, GStreamerWhepSrc.Sdp, AiortcView.Sdp, MediaMtxReader.Sdp,
        }.Select(sdp => Encoding.UTF8.GetBytes(sdp.ReplaceLineEndings("\r\n"))),
    ];

    public IReadOnlyList<byte[]> Words => SdpWords;

    public bool Run(Span<byte> input)
    {
        string text = Encoding.UTF8.GetString(input);
        if (!SdpReader.TryParse(text, out SessionDescription? offer, out string problem))
        {
            CheckText(problem);
            return false;
        }

        return Answer(offer, MediaRole.Receive) | Answer(offer, MediaRole.Send);
    }

    /// <summary>What is told to a client is short, printable and on one line.</summary>
    public static void CheckText(string text)
    {
        FindingException.ThrowUnless(text.Length is > 0 and < 2000, $"a text of {text.Length} characters");
        FindingException.ThrowUnless(!text.Any(char.IsControl), "a text with control characters");
    }

    private bool Answer(SessionDescription offer, MediaRole role)
    {
        NegotiationResult result = Negotiator.Answer(offer, new AnswerOptions
        {
            Role = role,
            Ice = new IceCredentials("server", "0123456789abcdef0123456789abcdef"),
            Fingerprint = _fingerprint,
            Candidates = [],
            Identifiers = NegotiationIdentifiers.Create(),
        });
        if (result is NegotiationResult.Failure failure)
        {
            CheckText(failure.Detail);
            return false;
        }

        var success = (NegotiationResult.Success)result;
        foreach (string note in success.Notes)
            CheckText(note);
        FindingException.ThrowUnless(SdpReader.TryParse(success.AnswerSdp, out SessionDescription? answer, out string problem), $"the answer cannot be read: {problem}");
        FindingException.ThrowUnless(answer!.Media.Count == offer.Media.Count, "the answer has other sections than the offer");
        FindingException.ThrowUnless(success.Session.Media.Count is 1 or 2, $"a session of {success.Session.Media.Count} sections");
        FindingException.ThrowUnless(success.Session.RemoteFingerprints.Count > 0, "a session without fingerprint");
        return true;
    }
}
