using ComfyStream.WebRtc.Sdp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Sdp;

/// <summary>The choice between H.264 and VP8.</summary>
public sealed class Vp8NegotiationTests
{
    private static readonly string s_aiortcView = OfferCorpus.Get("AiortcView");
    private static readonly string s_vp8Only = s_aiortcView.With("H264/90000", "H265/90000");

    [Fact]
    public void Unless_it_is_asked_for_vp8_is_not_taken()
    {
        Assert.DoesNotContain("VP8", SdpTest.View(s_aiortcView).AnswerSdp);
        string detail = SdpTest.Refuse(s_vp8Only, MediaRole.Send, NegotiationFailure.Unsupported);
        Assert.Contains("offers \"VP8\", \"rtx\", \"H265\"; this server takes H264.", detail);
    }

    [Theory]
    [InlineData(MediaRole.Send, "AiortcView", 101, 97)]
    [InlineData(MediaRole.Send, "FirefoxView", 126, 120)]
    [InlineData(MediaRole.Receive, "FirefoxPublish", 126, 120)]
    [InlineData(MediaRole.Receive, "AiortcPublish", 99, 97)]
    public void The_order_is_ours_whatever_the_offers(MediaRole role, string name, int h264, int vp8)
    {
        string offer = OfferCorpus.Get(name);
        NegotiatedMedia h264First = Accept(offer, role, PayloadFormat.H264, PayloadFormat.Vp8);
        Assert.Equal(h264, h264First.Codec.PayloadType);
        Assert.Equal(vp8, h264First.FindCodec(PayloadFormat.Vp8)!.PayloadType);

        NegotiatedMedia vp8First = Accept(offer, role, PayloadFormat.Vp8, PayloadFormat.H264);
        Assert.Equal(vp8, vp8First.Codec.PayloadType);
        Assert.Equal(h264, vp8First.FindCodec(PayloadFormat.H264)!.PayloadType);
    }

    [Theory]
    [InlineData(MediaRole.Send)]
    [InlineData(MediaRole.Receive)]
    public void A_peer_without_h264_gets_vp8(MediaRole role)
    {
        string offer = s_vp8Only.With("a=recvonly", role == MediaRole.Send ? "a=recvonly" : "a=sendonly");
        NegotiatedMedia video = Accept(offer, role, PayloadFormat.H264, PayloadFormat.Vp8);
        Assert.Equal((PayloadFormat?)PayloadFormat.Vp8, video.Codec.Format);
        Assert.Null(video.FindCodec(PayloadFormat.H264));
        Assert.True(video is { Nack: true, Pli: true });
    }

    [Fact]
    public void A_viewer_whose_h264_does_not_play_the_stream_gets_vp8_first()
    {
        AnswerOptions options = Options(MediaRole.Send, PayloadFormat.H264, PayloadFormat.Vp8) with { SentProfile = H264Profile.High };
        NegotiationResult.Success result = SdpTest.Accept(s_aiortcView, options);
        Assert.Equal((PayloadFormat?)PayloadFormat.Vp8, result.Session.Find(MediaKind.Video)!.Codec.Format);
        Assert.DoesNotContain(result.Notes, note => note.Contains("H.264"));
    }

    [Theory]
    [InlineData("ChromeView", H264Profile.High, "f4001f")]
    [InlineData("ChromeView", H264Profile.Main, "4d001f")]
    [InlineData("ChromeView", H264Profile.ConstrainedBaseline, "42e01f")]
    [InlineData("AiortcView", H264Profile.ConstrainedBaseline, "42e01f")]
    [InlineData("AiortcView", H264Profile.High, null)]
    public void A_picture_goes_out_under_a_payload_type_whose_decoder_plays_its_profile(string name, H264Profile profile, string? expected)
    {
        NegotiatedMedia video = Accept(OfferCorpus.Get(name), MediaRole.Send, PayloadFormat.H264, PayloadFormat.Vp8);
        string? parameters = video.FindCodec(PayloadFormat.H264, profile)?.FormatParameters;
        Assert.Equal(expected is null, parameters is null);
        Assert.Contains(expected ?? "", parameters ?? "");
    }

    [Fact]
    public void Our_client_offers_what_it_is_told()
    {
        OfferOptions options = SdpTest.OfferOptions(MediaRole.Receive) with { VideoFormats = [PayloadFormat.Vp8, PayloadFormat.H264] };
        SessionDescription offer = Negotiator.CreateOffer(options);
        IReadOnlyList<string> video = new AnswerText(offer.ToString()).Video;
        Assert.Equal(["97 VP8/90000", "107 rtx/90000", "96 H264/90000", "106 rtx/90000"], AnswerText.Values(video, "rtpmap"));

        string answer = SdpTest.Accept(offer.ToString(), Options(MediaRole.Send, PayloadFormat.Vp8)).AnswerSdp;
        NegotiatedMedia agreed = Assert.IsType<NegotiationResult.Success>(Negotiator.AcceptAnswer(offer, options, answer)).Session.Find(MediaKind.Video)!;
        Assert.Equal((97, 107), (agreed.Codec.PayloadType, (int)agreed.Codec.RtxPayloadType!));
        Assert.Single(agreed.Codecs);
    }

    private static AnswerOptions Options(MediaRole role, params PayloadFormat[] formats) => SdpTest.AnswerOptions(role) with { VideoFormats = formats };

    private static NegotiatedMedia Accept(string offer, MediaRole role, params PayloadFormat[] formats) =>
        SdpTest.Accept(offer, Options(role, formats)).Session.Find(MediaKind.Video)!;
}
