using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Sdp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Sdp;

/// <summary>Our own client's offer, and what it makes of answers.</summary>
public sealed class ClientNegotiationTests
{
    [Theory]
    [InlineData(MediaRole.Send, MediaRole.Receive)]
    [InlineData(MediaRole.Receive, MediaRole.Send)]
    public void Our_client_and_our_server_agree(MediaRole clientRole, MediaRole serverRole)
    {
        OfferOptions options = SdpTest.OfferOptions(clientRole);
        SessionDescription offer = Negotiator.CreateOffer(options);
        NegotiationResult.Success server = SdpTest.Accept(offer.ToString(), SdpTest.AnswerOptions(serverRole));
        NegotiatedSession client = Accept(offer, options, server.AnswerSdp).Session;

        Assert.Equal((server.Session.LocalIce, server.Session.RemoteIce), (client.RemoteIce, client.LocalIce));
        Assert.Equal((DtlsRole.Server, DtlsRole.Client), (server.Session.DtlsRole, client.DtlsRole));
        Assert.Equal((IceRole.LiteControlled, IceRole.FullControlling), (server.Session.IceRole, client.IceRole));
        Assert.Equal(SdpTest.OurFingerprint.ToString(), Assert.Single(client.RemoteFingerprints).ToString());
        Assert.Equal(options.Candidates, server.Session.RemoteCandidates);
        Assert.Equal(3, client.RemoteCandidates.Count);
        foreach ((NegotiatedMedia ours, NegotiatedMedia theirs) in client.Media.Zip(server.Session.Media))
        {
            Assert.Equal((ours.Kind, ours.Mid, ours.Codec.PayloadType), (theirs.Kind, theirs.Mid, theirs.Codec.PayloadType));
            Assert.Equal((ours.Send, ours.Receive), (theirs.Receive, theirs.Send));
            Assert.Equal((ours.Nack, ours.Pli, ours.Fir), (theirs.Nack, theirs.Pli, theirs.Fir));
            Assert.Equal(ours.Kind == MediaKind.Video, ours.Pli);
            Assert.Equal((1, 1), (ours.Extensions.Mid, theirs.Extensions.Mid));
            Assert.True(ours.ReducedSizeRtcp && theirs.ReducedSizeRtcp);
            uint? receiverKnows = clientRole == MediaRole.Send ? theirs.RemoteSsrc : ours.RemoteSsrc;
            Assert.Equal(ours.Kind == MediaKind.Audio ? 1001u : 2002u, receiverKnows);
        }
    }

    [Fact]
    public void The_offer_is_a_full_agents_actpass_bundle_with_candidates_in_each_section()
    {
        string sdp = Negotiator.CreateOffer(SdpTest.OfferOptions(MediaRole.Send)).ToString();
        var offer = new AnswerText(sdp);
        Assert.Contains("a=group:BUNDLE 0 1", offer.Session);
        Assert.DoesNotContain("ice-lite", sdp);
        Assert.Equal(2, offer.Sections.Count);
        Assert.All(offer.Sections, lines =>
        {
            Assert.Contains("a=setup:actpass", lines);
            Assert.Contains("a=sendonly", lines);
            Assert.Contains("a=rtcp-mux", lines);
            Assert.Contains("a=end-of-candidates", lines);
            Assert.Equal(["1 1 udp 2130706431 198.51.100.9 40000 typ host"], AnswerText.Values(lines, "candidate"));
        });
        IReadOnlyList<string> parameters = AnswerText.Values(offer.Video, "fmtp");
        Assert.Equal(["96 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", "106 apt=96"], parameters);
        Assert.Equal(["FID 2002 3003"], AnswerText.Values(offer.Video, "ssrc-group"));
    }

    [Fact]
    public void A_viewer_offers_recvonly_and_names_no_source()
    {
        string sdp = Negotiator.CreateOffer(SdpTest.OfferOptions(MediaRole.Receive) with { Audio = false }).ToString();
        Assert.Contains("a=group:BUNDLE 0\r\n", sdp);
        Assert.Contains("a=recvonly\r\n", sdp);
        Assert.DoesNotContain("a=ssrc", sdp);
        Assert.DoesNotContain("a=msid:", sdp);
    }

    [Fact]
    public void An_inactive_section_is_noted_and_not_used()
    {
        (OfferOptions options, SessionDescription offer, string answer) = Answered(MediaRole.Receive, audioUnavailable: "no sound.");
        NegotiationResult.Success result = Accept(offer, options, answer);
        Assert.True(result.Session.Find(MediaKind.Audio) is { Send: false, Receive: false });
        Assert.True(result.Session.Find(MediaKind.Video) is { Receive: true });
        Assert.Contains("inactive", Assert.Single(result.Notes));
    }

    [Fact]
    public void A_rejected_section_is_noted_and_missing()
    {
        (OfferOptions options, SessionDescription offer, string answer) = Answered(MediaRole.Send);
        NegotiationResult.Success result = Accept(offer, options, answer.With("m=audio 9", "m=audio 0").With("BUNDLE 0 1", "BUNDLE 1"));
        Assert.Null(result.Session.Find(MediaKind.Audio));
        Assert.Equal(["The server rejected section 1 (audio, mid \"0\")."], result.Notes);
    }

    [Fact]
    public void An_active_server_makes_us_the_DTLS_server()
    {
        (OfferOptions options, SessionDescription offer, string answer) = Answered(MediaRole.Send);
        Assert.Equal(DtlsRole.Server, Accept(offer, options, answer.With("a=setup:passive", "a=setup:active")).Session.DtlsRole);
    }

    [Theory]
    [InlineData("a=setup:passive", "a=setup:actpass", "actpass is for offers")]
    [InlineData("a=mid:1", "a=mid:7", "stands where the offer had section 2 (video, mid \"1\")")]
    [InlineData("m=video 9 UDP/TLS/RTP/SAVPF 96", "m=video 9 UDP/TLS/RTP/SAVPF 99", "none of the offered codecs")]
    [InlineData("a=rtpmap:96 H264", "a=rtpmap:96 VP8", "none of the offered codecs (H264)")]
    [InlineData("BUNDLE 0 1", "BUNDLE 0", "a=group:BUNDLE")]
    [InlineData("a=fingerprint:sha-256", "a=fingerprint:sha-1", "only \"sha-1\"")]
    [InlineData("a=rtcp-mux\r\n", "", "no a=rtcp-mux")]
    [InlineData("m=video", "m=text", "stands where the offer had")]
    public void An_answer_that_does_not_fit_is_refused(string old, string replacement, string detail)
    {
        (OfferOptions options, SessionDescription offer, string answer) = Answered(MediaRole.Send);
        NegotiationResult result = Negotiator.AcceptAnswer(offer, options, answer.With(old, replacement));
        NegotiationResult.Failure failure = Assert.IsType<NegotiationResult.Failure>(result);
        Assert.Equal(NegotiationFailure.Unsupported, failure.Reason);
        Assert.Contains(detail, failure.Detail);
    }

    [Fact]
    public void An_answer_that_rejects_everything_is_refused()
    {
        (OfferOptions options, SessionDescription offer, string answer) = Answered(MediaRole.Send);
        NegotiationResult result = Negotiator.AcceptAnswer(offer, options, answer.With("m=audio 9", "m=audio 0").With("m=video 9", "m=video 0"));
        Assert.Contains("rejects all media", Assert.IsType<NegotiationResult.Failure>(result).Detail);
    }

    [Fact]
    public void An_answer_cut_off_at_any_length_never_throws()
    {
        (OfferOptions options, SessionDescription offer, string answer) = Answered(MediaRole.Send);
        for (int length = 0; length < answer.Length; length++)
        {
            if (Negotiator.AcceptAnswer(offer, options, answer[..length]) is NegotiationResult.Success cut)
                Assert.NotEmpty(cut.Session.Media);
        }
    }

    private static (OfferOptions Options, SessionDescription Offer, string Answer) Answered(MediaRole clientRole, string? audioUnavailable = null)
    {
        OfferOptions options = SdpTest.OfferOptions(clientRole);
        SessionDescription offer = Negotiator.CreateOffer(options);
        MediaRole serverRole = clientRole == MediaRole.Send ? MediaRole.Receive : MediaRole.Send;
        AnswerOptions server = SdpTest.AnswerOptions(serverRole) with { AudioUnavailable = audioUnavailable };
        return (options, offer, SdpTest.Accept(offer.ToString(), server).AnswerSdp);
    }

    private static NegotiationResult.Success Accept(SessionDescription offer, OfferOptions options, string answer)
    {
        NegotiationResult result = Negotiator.AcceptAnswer(offer, options, answer);
        if (result is NegotiationResult.Failure failure)
            Assert.Fail(failure.Detail);

        return (NegotiationResult.Success)result;
    }
}
