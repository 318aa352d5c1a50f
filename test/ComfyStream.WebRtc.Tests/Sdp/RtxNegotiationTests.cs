using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Sdp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Sdp;

/// <summary>Retransmission payload types (RFC 4588 8) in answers and offers.</summary>
public sealed class RtxNegotiationTests
{
    private static readonly string s_aiortcView = OfferCorpus.Get("AiortcView");
    private static readonly string s_ffmpeg = OfferCorpus.Get("FFmpeg80VideoOnly");

    [Fact]
    public void A_viewers_retransmissions_are_taken_for_each_codec_that_stays_and_their_source_is_announced()
    {
        NegotiationResult.Success result = SdpTest.View(s_aiortcView);
        NegotiatedMedia video = result.Session.Find(MediaKind.Video)!;
        Assert.Equal([(101, 102), (99, 100)], video.Codecs.Select(codec => ((int)codec.PayloadType, (int)codec.RtxPayloadType!)));
        Assert.Equal((2002u, (uint?)3003), (video.LocalSsrc, video.LocalRtxSsrc));

        IReadOnlyList<string> lines = new AnswerText(result.AnswerSdp).Video;
        Assert.Equal(["101", "102", "99", "100"], AnswerText.Formats(lines));
        Assert.Contains("a=rtpmap:102 rtx/90000", lines);
        Assert.Contains("a=fmtp:102 apt=101", lines);
        Assert.Equal(["FID 2002 3003"], AnswerText.Values(lines, "ssrc-group"));
        Assert.Contains("a=ssrc:3003 cname:relay-cname", lines);
        Assert.Null(result.Session.Find(MediaKind.Audio)!.LocalRtxSsrc);
    }

    [Fact]
    public void A_publishers_retransmissions_are_taken_without_a_source_of_ours()
    {
        NegotiationResult.Success result = SdpTest.Publish(OfferCorpus.Get("ChromePublish"));
        NegotiatedMedia video = result.Session.Find(MediaKind.Video)!;
        Assert.All(video.Codecs, codec => Assert.NotNull(codec.RtxPayloadType));
        Assert.Null(video.LocalRtxSsrc);
        Assert.DoesNotContain("a=ssrc", result.AnswerSdp);
    }

    [Fact]
    public void FFmpeg_who_offers_retransmissions_gets_them()
    {
        string offer = s_ffmpeg
            .With("SAVPF 106", "SAVPF 106 105")
            .With("a=rtpmap:106 H264/90000", "a=rtcp-fb:106 nack\r\na=rtpmap:105 rtx/90000\r\na=fmtp:105 apt=106\r\na=ssrc-group:FID 7 8\r\na=rtpmap:106 H264/90000");
        NegotiatedMedia video = SdpTest.Publish(offer).Session.Find(MediaKind.Video)!;
        Assert.Equal((105, 7u), (video.Codec.RtxPayloadType!.Value, video.RemoteSsrc!.Value));
        Assert.True(video.Nack);
    }

    [Theory]
    [InlineData("a=rtcp-fb:101 nack\r\n", "")]
    [InlineData("a=fmtp:102 apt=101\r\n", "")]
    [InlineData("a=fmtp:102 apt=101\r\n", "a=fmtp:102 apt=7\r\n")]
    [InlineData("a=fmtp:102 apt=101\r\n", "a=fmtp:102 apt=-1\r\n")]
    [InlineData("a=fmtp:102 apt=101\r\n", "a=fmtp:102 apt=357\r\n")]
    [InlineData("a=rtpmap:102 rtx/90000\r\n", "a=rtpmap:102 rtx/8000\r\n")]
    [InlineData("a=rtpmap:102 rtx/90000\r\n", "")]
    public void Retransmissions_that_could_not_be_asked_for_or_belong_to_nothing_are_left_out(string old, string replacement)
    {
        NegotiationResult.Success result = SdpTest.View(s_aiortcView.With(old, replacement));
        NegotiatedMedia video = result.Session.Find(MediaKind.Video)!;
        Assert.Equal(101, video.Codec.PayloadType);
        Assert.Null(video.Codec.RtxPayloadType);
        Assert.Equal(["101", "99", "100"], AnswerText.Formats(new AnswerText(result.AnswerSdp).Video));
    }

    [Fact]
    public void A_viewer_without_retransmissions_gets_no_source_for_them()
    {
        NegotiationResult.Success result = SdpTest.View(s_aiortcView.With(" rtx/", " ulpfec/"));
        Assert.Null(result.Session.Find(MediaKind.Video)!.LocalRtxSsrc);
        Assert.DoesNotContain("ssrc-group", result.AnswerSdp);
        Assert.DoesNotContain("3003", result.AnswerSdp);
    }

    [Fact]
    public void A_retransmission_payload_type_that_the_sound_has_too_refuses_the_offer()
    {
        string offer = s_aiortcView.With("SAVPF 96 0 8", "SAVPF 102 0 8").With("a=rtpmap:96 opus", "a=rtpmap:102 opus");
        Assert.Contains("payload type 102", SdpTest.Refuse(offer, MediaRole.Send, NegotiationFailure.Unsupported));
    }

    [Fact]
    public void Our_client_and_our_server_agree_on_retransmissions()
    {
        OfferOptions options = SdpTest.OfferOptions(MediaRole.Send);
        SessionDescription offer = Negotiator.CreateOffer(options);
        NegotiationResult.Success server = SdpTest.Publish(offer.ToString());
        NegotiatedMedia ours = Accept(offer, options, server.AnswerSdp);
        NegotiatedMedia theirs = server.Session.Find(MediaKind.Video)!;

        Assert.Equal(106, (int)ours.Codec.RtxPayloadType!);
        Assert.Equal(ours.Codec.RtxPayloadType, theirs.Codec.RtxPayloadType);
        Assert.Equal((3003u, null), (ours.LocalRtxSsrc, theirs.LocalRtxSsrc));
    }

    [Theory]
    [InlineData("a=rtpmap:106 rtx/90000\r\n", "")]
    [InlineData("a=rtcp-fb:96 nack\r\n", "")]
    [InlineData(" 96 106\r\n", " 96\r\n")]
    [InlineData("106", "107")]
    public void An_answer_that_drops_or_changes_our_retransmissions_is_taken_without_them(string old, string replacement)
    {
        OfferOptions options = SdpTest.OfferOptions(MediaRole.Send);
        SessionDescription offer = Negotiator.CreateOffer(options);
        string answer = SdpTest.Publish(offer.ToString()).AnswerSdp.With(old, replacement);

        NegotiatedMedia video = Accept(offer, options, answer);
        Assert.Equal(96, video.Codec.PayloadType);
        Assert.Equal((null, null), (video.Codec.RtxPayloadType, video.LocalRtxSsrc));
    }

    private static NegotiatedMedia Accept(SessionDescription offer, OfferOptions options, string answer) =>
        Assert.IsType<NegotiationResult.Success>(Negotiator.AcceptAnswer(offer, options, answer)).Session.Find(MediaKind.Video)!;
}
