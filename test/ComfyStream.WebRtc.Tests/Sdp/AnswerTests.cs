using System.Net;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Sdp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Sdp;

/// <summary>Rows of the protocol checklist, by their numbers.</summary>
public sealed class AnswerTests
{
    private static readonly string s_obs = OfferCorpus.Get("Obs31");
    private static readonly string s_aiortcView = OfferCorpus.Get("AiortcView");

    [Theory]
    [InlineData("recvonly")]
    [InlineData("inactive")]
    public void W21_A_publisher_who_does_not_send_is_refused(string direction) =>
        Assert.Contains($"is {direction}: a publisher offers sendonly", Refuse(s_obs.With("a=sendonly", $"a={direction}")));

    [Theory]
    [InlineData("sendonly")]
    [InlineData("inactive")]
    public void E1_A_viewer_who_does_not_receive_is_refused(string direction) =>
        Assert.Contains(
            $"is {direction}: a viewer offers recvonly",
            SdpTest.Refuse(s_aiortcView.With("a=recvonly", $"a={direction}"), MediaRole.Send, NegotiationFailure.Unsupported));

    [Theory]
    [InlineData("video")]
    [InlineData("audio")]
    public void W22_Two_sections_of_one_kind_are_refused(string kind)
    {
        string offer = s_obs.With(kind == "video" ? "m=audio" : "m=video", $"m={kind}");
        Assert.Contains($"section 2 ({kind}, mid \"1\") is one {kind} section too many", Refuse(offer));
    }

    [Fact]
    public void W22_Tracks_of_two_streams_are_refused() =>
        Assert.Contains("2 MediaStreams", Refuse(s_obs.With("a=msid:obsMStream qWb3sKx9Tz0LmRyA-video", "a=msid:other track")));

    [Fact]
    public void W22_Tracks_without_a_stream_are_accepted()
    {
        SdpTest.Publish(s_obs.Without("a=msid:"));
        SdpTest.Publish(s_obs.With("a=msid:obsMStream qWb3sKx9Tz0LmRyA-video", "a=msid:- track"));
    }

    [Fact]
    public void W23_One_section_without_a_common_codec_refuses_the_offer()
    {
        string detail = Refuse(s_obs.With("a=rtpmap:96 H264/90000", "a=rtpmap:96 H265/90000"));
        Assert.Contains("section 2 (video, mid \"1\") offers \"H265\"; this server takes H264", detail);
    }

    [Fact]
    public void W23_A_codec_at_another_clock_rate_is_another_codec() =>
        Assert.Contains("this server takes opus", Refuse(s_obs.With("opus/48000/2", "opus/16000/2")));

    [Theory]
    [InlineData("m=audio", MediaKind.Video)]
    [InlineData("m=video", MediaKind.Audio)]
    public void W24_One_kind_alone_is_accepted(string removed, MediaKind kept)
    {
        NegotiatedSession session = SdpTest.Publish(WithoutSection(s_obs, removed)).Session;
        Assert.Equal(kept, Assert.Single(session.Media).Kind);
        Assert.Null(session.Find(kept == MediaKind.Audio ? MediaKind.Video : MediaKind.Audio));
    }

    [Fact]
    public void W25_A_bundle_only_section_at_port_0_is_not_rejected()
    {
        NegotiationResult.Success result = SdpTest.Publish(OfferCorpus.Get("MaxBundle"));
        Assert.Equal([MediaKind.Audio, MediaKind.Video], result.Session.Media.Select(media => media.Kind));
        Assert.All(new AnswerText(result.AnswerSdp).Sections, lines => Assert.Equal("9", lines[0].Split(' ')[1]));
        Assert.DoesNotContain("bundle-only", result.AnswerSdp);
        Assert.True(result.Session.Find(MediaKind.Video) is { Nack: true, Pli: true, Fir: true });
    }

    [Fact]
    public void W25_A_section_at_port_0_without_bundle_only_stays_off()
    {
        NegotiationResult.Success result = SdpTest.Publish(s_obs.With("m=audio 9", "m=audio 0").With("BUNDLE 0 1", "BUNDLE 1"));
        var answer = new AnswerText(result.AnswerSdp);
        Assert.Equal("m=audio 0 UDP/TLS/RTP/SAVPF 111", answer.Audio[0]);
        Assert.Equal(["BUNDLE 1"], AnswerText.Values(answer.Session, "group"));
        Assert.NotEmpty(AnswerText.Values(answer.Video, "candidate"));
        Assert.Single(result.Session.Media);
    }

    [Fact]
    public void W26_A_bundle_of_a_missing_mid_is_tolerated()
    {
        NegotiationResult.Success result = SdpTest.Publish(OfferCorpus.Get("FFmpeg80VideoOnly"));
        Assert.Contains("a=group:BUNDLE 1\r\n", result.AnswerSdp);
    }

    [Fact]
    public void W27_Two_sections_without_bundle_are_refused()
    {
        Assert.Contains("a=group:BUNDLE", Refuse(s_obs.Without("a=group:BUNDLE")));
        Assert.Contains("a=group:BUNDLE", Refuse(s_obs.With("BUNDLE 0 1", "BUNDLE 0")));
        Assert.Contains("a=group:BUNDLE", Refuse(s_obs.With("a=group:BUNDLE 0 1", "a=group:BUNDLE 0\r\na=group:BUNDLE 1")));
    }

    [Fact]
    public void W27_One_section_needs_neither_bundle_nor_mid()
    {
        string offer = WithoutSection(s_obs, "m=audio").Without("a=group:BUNDLE").Without("a=mid:");
        NegotiationResult.Success result = SdpTest.Publish(offer);
        Assert.DoesNotContain("a=group", result.AnswerSdp);
        Assert.DoesNotContain("a=mid", result.AnswerSdp);
        Assert.Equal(("", 0), (result.Session.Media[0].Mid, result.Session.Media[0].Extensions.Mid));
    }

    [Fact]
    public void W28_An_offer_without_rtcp_mux_is_refused() =>
        Assert.Contains("section 1 (audio, mid \"0\") has no a=rtcp-mux", Refuse(s_obs.Without("a=rtcp-mux")));

    [Theory]
    [InlineData("actpass", "passive", DtlsRole.Server)]
    [InlineData("active", "passive", DtlsRole.Server)]
    [InlineData("passive", "active", DtlsRole.Client)]
    public void W29_W30_W31_The_setup_role_is_answered(string offered, string answered, DtlsRole role)
    {
        NegotiationResult.Success result = SdpTest.Publish(s_obs.With("a=setup:actpass", $"a=setup:{offered}"));
        Assert.Equal(role, result.Session.DtlsRole);
        Assert.Equal(2, result.AnswerSdp.Split($"a=setup:{answered}\r\n").Length - 1);
    }

    [Fact]
    public void D1_FFmpeg_who_waits_for_us_makes_us_the_DTLS_client() =>
        Assert.Equal(DtlsRole.Client, SdpTest.Publish(OfferCorpus.Get("FFmpeg80")).Session.DtlsRole);

    [Theory]
    [InlineData("holdconn")]
    [InlineData("something")]
    public void W32_Another_setup_is_refused(string setup) =>
        Assert.Contains($"\"{setup}\" cannot be used", Refuse(s_obs.With("a=setup:actpass", $"a=setup:{setup}")));

    [Fact]
    public void W32_Missing_setup_fingerprint_or_credentials_are_refused()
    {
        Assert.Contains("no a=setup", Refuse(s_obs.Without("a=setup")));
        Assert.Contains("no a=fingerprint", Refuse(s_obs.Without("a=fingerprint")));
        Assert.Contains("no ICE credentials", Refuse(s_obs.Without("a=ice-pwd")));
        Assert.Contains("no ICE credentials", Refuse(s_obs.Without("a=ice-ufrag")));
    }

    [Fact]
    public void W32_A_weak_fingerprint_alone_is_refused() =>
        Assert.Contains("only \"sha-1\"", Refuse(s_obs.With("a=fingerprint:sha-256", "a=fingerprint:sha-1")));

    [Fact]
    public void W32_All_known_fingerprints_are_kept()
    {
        string sha512 = "sha-512 " + string.Join(':', Enumerable.Repeat("5A", 64));
        NegotiatedSession session = SdpTest.Publish(s_obs.With("a=setup:actpass", $"a=setup:actpass\r\na=fingerprint:{sha512}\r\na=fingerprint:md5 00")).Session;
        Assert.Equal(["sha-512", "sha-256"], session.RemoteFingerprints.Select(fingerprint => fingerprint.Algorithm));
    }

    [Fact]
    public void W33_Simulcast_is_answered_with_one_layer()
    {
        string offer = s_obs.With("a=rtcp-fb:96 nack\r\n", "a=rtcp-fb:96 nack\r\na=rid:0 send\r\na=rid:1 send\r\na=simulcast:send 0;1\r\n");
        string answer = SdpTest.Publish(offer).AnswerSdp;
        Assert.DoesNotContain("simulcast", answer);
        Assert.DoesNotContain("a=rid", answer);
    }

    [Fact]
    public void W34_Transport_attributes_may_stand_at_session_level() =>
        Assert.Equal(new IceCredentials("oB30", "aVeryLongPasswordOfObs30"), SdpTest.Publish(OfferCorpus.Get("Obs30")).Session.RemoteIce);

    [Fact]
    public void W36_Broken_SDP_is_malformed_not_unsupported() =>
        SdpTest.Refuse(s_obs.With("SAVPF 96", "SAVPF 296"), MediaRole.Receive, NegotiationFailure.Malformed);

    [Fact]
    public void The_transport_is_that_of_the_first_mid_of_the_bundle()
    {
        string offer = OfferCorpus.Get("AiortcPublish");
        Assert.Equal("ihH7", SdpTest.Publish(offer).Session.RemoteIce.UserFragment);
        Assert.Equal("J4NZ", SdpTest.Publish(offer.With("BUNDLE 0 1", "BUNDLE 1 0")).Session.RemoteIce.UserFragment);
    }

    [Fact]
    public void Two_ice_lite_agents_are_refused() =>
        Assert.Contains("ICE-lite", Refuse(s_obs.With("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n")));

    [Fact]
    public void D8_A_data_channel_section_is_rejected_with_port_0_and_the_rest_served()
    {
        NegotiationResult.Success result = SdpTest.View(OfferCorpus.Get("MediaMtxReader"));
        IReadOnlyList<string> data = new AnswerText(result.AnswerSdp).Sections[2];
        Assert.Equal(
            [
                "m=application 0 UDP/DTLS/SCTP webrtc-datachannel", "c=IN IP4 0.0.0.0", "a=ice-ufrag:ourUserFragment0",
                "a=ice-pwd:ourPasswordourPasswordou", "a=setup:passive", "a=mid:2", "a=inactive",
            ],
            data);
        Assert.Equal(2, result.Session.Media.Count);
        Assert.Contains(result.Notes, note => note.Contains("section 3 (application"));
    }

    [Fact]
    public void An_offer_of_data_alone_is_refused() =>
        Assert.Contains("no audio or video section", Refuse(WithoutSection(WithoutSection(OfferCorpus.Get("MediaMtxReader"), "m=audio"), "m=video")));

    [Fact]
    public void D9_No_candidates_are_fine_and_names_are_skipped()
    {
        Assert.Empty(SdpTest.Publish(s_obs).Session.RemoteCandidates);
        Assert.Empty(SdpTest.Publish(OfferCorpus.Get("ChromePublish")).Session.RemoteCandidates);
        IceCandidate[] firefox = [.. SdpTest.Publish(OfferCorpus.Get("FirefoxPublish")).Session.RemoteCandidates];
        Assert.Equal(
            [(false, new IPEndPoint(IPAddress.Parse("192.0.2.17"), 52345)), (true, new IPEndPoint(IPAddress.Parse("192.0.2.17"), 9))],
            firefox.Select(candidate => (candidate.IsTcp, candidate.Address.ToIPEndPoint())));
    }

    [Fact]
    public void R050_Ingest_takes_H264_whatever_the_order_and_packetization_mode_1_first()
    {
        NegotiatedMedia video = SdpTest.Publish(OfferCorpus.Get("ChromePublish")).Session.Find(MediaKind.Video)!;
        Assert.Equal([102, 108, 116, 104, 114, 39], video.Codecs.Select(codec => (int)codec.PayloadType));
        Assert.All(video.Codecs, codec => Assert.True(codec.Is("H264")));
    }

    [Fact]
    public void R055_A_publisher_is_asked_for_stereo()
    {
        string answer = SdpTest.Publish(OfferCorpus.Get("ChromePublish")).AnswerSdp;
        Assert.Contains("a=fmtp:111 minptime=10;useinbandfec=1;stereo=1\r\n", answer);
    }

    [Theory]
    [InlineData("ChromeView", "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1")]
    [InlineData("FirefoxView", "maxplaybackrate=48000;stereo=1;useinbandfec=1;minptime=10;sprop-stereo=1")]
    [InlineData("GStreamerWhepSrc", "minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1")]
    public void R055_A_viewer_is_told_that_stereo_comes_and_keeps_what_it_offered(string name, string parameters) =>
        Assert.Equal(parameters, SdpTest.View(OfferCorpus.Get(name)).Session.Find(MediaKind.Audio)!.Codec.FormatParameters);

    [Theory]
    [InlineData("ChromeView", 108)]
    [InlineData("FirefoxView", 126)]
    [InlineData("SafariView", 98)]
    [InlineData("AiortcView", 101)]
    [InlineData("MediaMtxReader", 108)]
    [InlineData("GStreamerWhepSrc", 103)]
    public void D11_A_viewer_gets_the_payload_type_of_the_profile_that_is_sent(string name, int payloadType)
    {
        NegotiationResult.Success result = SdpTest.View(OfferCorpus.Get(name));
        Assert.Equal(payloadType, result.Session.Find(MediaKind.Video)!.Codec.PayloadType);
        Assert.Equal(payloadType.ToString(), AnswerText.Formats(new AnswerText(result.AnswerSdp).Video)[0]);
    }

    [Theory]
    [InlineData("ChromeView")]
    [InlineData("GStreamerWhepSrc")]
    public void Regression_22_H264_parameters_come_back_as_offered(string name)
    {
        string offer = OfferCorpus.Get(name);
        foreach (RtpCodec codec in SdpTest.View(offer).Session.Find(MediaKind.Video)!.Codecs)
        {
            if (codec.FormatParameters.Length == 0)
                Assert.DoesNotContain($"a=fmtp:{codec.PayloadType} ", offer);
            else
                Assert.Contains($"a=fmtp:{codec.PayloadType} {codec.FormatParameters}\r\n", offer);
        }
    }

    [Fact]
    public void R114_A_kind_that_the_stream_cannot_give_is_answered_inactive_with_a_note()
    {
        AnswerOptions options = SdpTest.AnswerOptions(MediaRole.Send) with { AudioUnavailable = "the publisher sends no sound." };
        NegotiationResult.Success result = SdpTest.Accept(OfferCorpus.Get("ChromeView"), options);
        var answer = new AnswerText(result.AnswerSdp);
        Assert.Contains("a=inactive", answer.Audio);
        Assert.Contains("a=sendonly", answer.Video);
        Assert.Empty(AnswerText.Values(answer.Audio, "msid"));
        Assert.Equal("9", answer.Audio[0].Split(' ')[1]);
        Assert.True(result.Session.Find(MediaKind.Audio) is { Send: false, Receive: false });
        Assert.Equal(["section 2 (audio, mid \"1\") is answered inactive: the publisher sends no sound."], result.Notes);
    }

    [Fact]
    public void The_mid_extension_is_taken_under_the_offered_id_and_others_are_not()
    {
        NegotiationResult.Success chrome = SdpTest.View(OfferCorpus.Get("ChromeView"));
        Assert.All(new AnswerText(chrome.AnswerSdp).Sections, lines => Assert.Equal(["9 urn:ietf:params:rtp-hdrext:sdes:mid"], AnswerText.Values(lines, "extmap")));
        Assert.Equal(9, chrome.Session.Media[0].Extensions.Mid);
    }

    [Fact]
    public void An_extmap_direction_is_turned_round()
    {
        string answer = SdpTest.View(OfferCorpus.Get("FirefoxView")).AnswerSdp;
        Assert.Contains("a=extmap:3/sendonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n", answer);
    }

    [Theory]
    [InlineData("a=extmap:1 ", "a=extmap:15 ")]
    [InlineData("a=extmap:1 ", "a=extmap:0 ")]
    [InlineData("a=mid:1", "a=mid:a-mid-of-17-bytes")]
    public void A_mid_extension_that_the_one_byte_form_cannot_carry_is_left_out(string old, string replacement)
    {
        string offer = s_obs.With(old, replacement).Replace("BUNDLE 0 1", replacement.StartsWith("a=mid:") ? "BUNDLE 0 a-mid-of-17-bytes" : "BUNDLE 0 1");
        Assert.Equal(0, SdpTest.Publish(offer).Session.Find(MediaKind.Video)!.Extensions.Mid);
    }

    [Fact]
    public void Feedback_and_reduced_size_are_those_of_the_offer()
    {
        NegotiatedMedia obs = SdpTest.Publish(s_obs).Session.Find(MediaKind.Video)!;
        Assert.True(obs is { Nack: true, Pli: true, Fir: true, ReducedSizeRtcp: false });
        NegotiatedMedia ffmpeg = SdpTest.Publish(OfferCorpus.Get("FFmpeg80")).Session.Find(MediaKind.Video)!;
        Assert.True(ffmpeg is { Nack: false, Pli: false, Fir: false, ReducedSizeRtcp: true });
        NegotiatedMedia aiortc = SdpTest.View(s_aiortcView).Session.Find(MediaKind.Video)!;
        Assert.True(aiortc is { Nack: true, Pli: true, Fir: false });
    }

    [Fact]
    public void The_primary_source_of_a_publisher_is_the_first_of_its_group()
    {
        Assert.Equal(3558808119, SdpTest.Publish(OfferCorpus.Get("ChromePublish")).Session.Find(MediaKind.Video)!.RemoteSsrc);
        Assert.Equal(1122334456u, SdpTest.Publish(s_obs).Session.Find(MediaKind.Video)!.RemoteSsrc);
        Assert.Null(SdpTest.Publish(OfferCorpus.Get("MaxBundle")).Session.Find(MediaKind.Video)!.RemoteSsrc);
        Assert.Null(SdpTest.View(s_aiortcView).Session.Find(MediaKind.Video)!.RemoteSsrc);
    }

    [Fact]
    public void Our_sources_are_those_of_the_identifiers()
    {
        NegotiatedSession session = SdpTest.View(OfferCorpus.Get("ChromeView")).Session;
        Assert.Equal((1001u, "relay-cname"), (session.Find(MediaKind.Audio)!.LocalSsrc, session.Find(MediaKind.Audio)!.Cname));
        Assert.Equal((2002u, "relay-cname"), (session.Find(MediaKind.Video)!.LocalSsrc, session.Find(MediaKind.Video)!.Cname));
        Assert.Equal(IceRole.LiteControlled, session.IceRole);
    }

    [Fact]
    public void One_payload_type_for_sound_and_picture_is_refused()
    {
        string offer = s_obs.With("SAVPF 96", "SAVPF 111").With("a=rtpmap:96", "a=rtpmap:111").With("a=fmtp:96", "a=fmtp:111");
        Assert.Contains("payload type 111", Refuse(offer));
    }

    [Fact]
    public void Random_identifiers_are_usable_and_differ()
    {
        var first = NegotiationIdentifiers.Create();
        var second = NegotiationIdentifiers.Create();
        Assert.NotEqual(first, second);
        Assert.Distinct([first.AudioSsrc, first.VideoSsrc, 0u]);
        Assert.InRange(first.SessionId, 0, long.MaxValue);
        Assert.Equal(16, first.Cname.Length);
    }

    private static string Refuse(string offer) => SdpTest.Refuse(offer, MediaRole.Receive, NegotiationFailure.Unsupported);

    private static string WithoutSection(string offer, string mediaLine)
    {
        int start = offer.IndexOf(mediaLine, StringComparison.Ordinal);
        int next = offer.IndexOf("m=", start + 2, StringComparison.Ordinal);
        return offer.Remove(start, (next < 0 ? offer.Length : next) - start);
    }
}
