using ComfyStream.WebRtc.Sdp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Sdp;

/// <summary>What must hold for the answer to every client's offer (protocol recipe 3.3).</summary>
public sealed class CorpusTests
{
    private static readonly string[] s_directions = ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"];

    public static TheoryData<string> All => OfferCorpus.All;

    [Theory]
    [MemberData(nameof(All))]
    public void W34_The_offer_is_accepted_with_either_line_end(string name)
    {
        NegotiationResult.Success crlf = Answer(name);
        NegotiationResult.Success lf = SdpTest.Accept(OfferCorpus.Get(name).Replace("\r\n", "\n"), SdpTest.AnswerOptions(OfferCorpus.Role(name)));
        Assert.Equal(crlf.AnswerSdp, lf.AnswerSdp);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void W37_Sections_keep_number_order_kind_protocol_and_mid(string name)
    {
        var offer = new AnswerText(OfferCorpus.Get(name));
        var answer = new AnswerText(Answer(name).AnswerSdp);
        Assert.Equal(offer.Sections.Select(Identity), answer.Sections.Select(Identity));

        static string Identity(IReadOnlyList<string> lines)
        {
            string[] words = lines[0].Split(' ');
            return $"{words[0]} {words[2]} {string.Join(',', AnswerText.Values(lines, "mid"))}";
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_session_level_is_that_of_an_ice_lite_answer(string name)
    {
        string sdp = Answer(name).AnswerSdp;
        var answer = new AnswerText(sdp);
        Assert.StartsWith("v=0\r\no=- 1234567890123456789 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", sdp);
        Assert.EndsWith("\r\n", sdp);
        Assert.DoesNotContain('\n', sdp.Replace("\r\n", ""));
        Assert.True(sdp.Length < 8192, "FFmpeg's buffer holds 8 KiB");
        Assert.Contains("a=ice-lite", answer.Session);
        Assert.Contains("a=ice-options:trickle ice2", answer.Session);
        Assert.Contains("a=msid-semantic: WMS *", answer.Session);
        Assert.Equal(OfferCorpus.Get(name).Contains("a=extmap-allow-mixed"), answer.Session.Contains("a=extmap-allow-mixed"));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void W25_The_bundle_names_exactly_the_accepted_mids_in_order(string name)
    {
        var answer = new AnswerText(Answer(name).AnswerSdp);
        string mids = string.Join(' ', answer.Accepted.SelectMany(lines => AnswerText.Values(lines, "mid")));
        Assert.Equal([$"BUNDLE {mids}"], AnswerText.Values(answer.Session, "group"));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_accepted_section_carries_the_transport(string name)
    {
        var answer = new AnswerText(Answer(name).AnswerSdp);
        string setup = name.StartsWith("FFmpeg", StringComparison.Ordinal) ? "active" : "passive";
        Assert.All(answer.Accepted, lines =>
        {
            Assert.Equal("9", lines[0].Split(' ')[1]);
            Assert.Equal([SdpTest.OurIce.UserFragment], AnswerText.Values(lines, "ice-ufrag"));
            Assert.Equal([SdpTest.OurIce.Password], AnswerText.Values(lines, "ice-pwd"));
            Assert.Equal([SdpTest.OurFingerprint.ToString()], AnswerText.Values(lines, "fingerprint"));
            Assert.Equal([setup], AnswerText.Values(lines, "setup"));
            Assert.Contains("c=IN IP4 0.0.0.0", lines);
            Assert.Contains("a=rtcp-mux", lines);
            Assert.Contains("a=rtcp-mux-only", lines);
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void W38_All_candidates_stand_in_the_first_accepted_section_IPv4_first(string name)
    {
        var answer = new AnswerText(Answer(name).AnswerSdp);
        string[] expected =
        [
            "1 1 udp 2130706431 198.51.100.1 8890 typ host",
            "2 1 udp 2130706175 2001:db8::1 8890 typ host",
            "3 1 tcp 1000 198.51.100.1 8890 typ host tcptype passive",
        ];
        IReadOnlyList<string> first = answer.Accepted.First();
        Assert.Equal(expected, AnswerText.Values(first, "candidate"));
        Assert.Contains("a=end-of-candidates", first);
        Assert.All(answer.Accepted.Skip(1), lines => Assert.Empty(AnswerText.Values(lines, "candidate")));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void W20_E1_Accepted_sections_go_our_way_only(string name)
    {
        NegotiationResult.Success result = Answer(name);
        bool receive = OfferCorpus.Role(name) == MediaRole.Receive;
        string expected = receive ? "a=recvonly" : "a=sendonly";
        Assert.All(new AnswerText(result.AnswerSdp).Accepted, lines => Assert.Equal([expected], lines.Where(s_directions.Contains)));
        Assert.All(result.Session.Media, media => Assert.Equal((!receive, receive), (media.Send, media.Receive)));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Nothing_is_answered_that_was_not_offered(string name)
    {
        var offer = new AnswerText(OfferCorpus.Get(name));
        var answer = new AnswerText(Answer(name).AnswerSdp);
        foreach ((IReadOnlyList<string> offered, IReadOnlyList<string> answered) in offer.Sections.Zip(answer.Sections))
        {
            Assert.Subset(AnswerText.Formats(offered).ToHashSet(), AnswerText.Formats(answered).ToHashSet());
            Assert.Subset(AnswerText.Values(offered, "rtpmap").ToHashSet(), AnswerText.Values(answered, "rtpmap").ToHashSet());
            Assert.All(AnswerText.Values(answered, "rtcp-fb"), feedback =>
                Assert.True(offered.Contains($"a=rtcp-fb:{feedback}") || offered.Contains($"a=rtcp-fb:* {feedback.Split(' ', 2)[1]}"), feedback));
            Assert.All(AnswerText.Values(answered, "extmap"), extension => Assert.Contains(AnswerText.Values(offered, "extmap"), o => o.Split('/', ' ')[0] == extension.Split('/', ' ')[0]));
            Assert.Equal(offered.Contains("a=rtcp-rsize"), answered.Contains("a=rtcp-rsize"));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_fmtp_has_an_rtpmap_and_every_format_too(string name)
    {
        Assert.All(new AnswerText(Answer(name).AnswerSdp).Accepted, lines =>
        {
            string[] maps = [.. AnswerText.Values(lines, "rtpmap").Select(value => value.Split(' ')[0])];
            Assert.Equal(AnswerText.Formats(lines), maps);
            Assert.Subset(maps.ToHashSet(), AnswerText.Values(lines, "fmtp").Select(value => value.Split(' ')[0]).ToHashSet());
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Audio_and_video_payload_types_do_not_collide(string name)
    {
        string[] formats = [.. new AnswerText(Answer(name).AnswerSdp).Accepted.SelectMany(AnswerText.Formats)];
        Assert.Distinct(formats);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void D7_All_sent_sections_share_one_stream_id(string name)
    {
        if (OfferCorpus.Role(name) == MediaRole.Receive)
        {
            Assert.DoesNotContain("a=msid:", Answer(name).AnswerSdp);
            return;
        }

        Assert.All(new AnswerText(Answer(name).AnswerSdp).Accepted, lines =>
        {
            string kind = lines[0].StartsWith("m=audio", StringComparison.Ordinal) ? "audio" : "video";
            int ssrc = kind == "audio" ? 1001 : 2002;
            Assert.Equal([$"relay-stream {kind}"], AnswerText.Values(lines, "msid"));
            bool withRtx = lines.Any(line => line.EndsWith(" rtx/90000", StringComparison.Ordinal));
            string[] sources = withRtx ? [$"{ssrc}", "3003"] : [$"{ssrc}"];
            Assert.Equal(sources.SelectMany(source => (string[])[$"{source} cname:relay-cname", $"{source} msid:relay-stream {kind}"]), AnswerText.Values(lines, "ssrc"));
            Assert.Equal(withRtx ? [$"FID {ssrc} 3003"] : [], AnswerText.Values(lines, "ssrc-group"));
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void The_session_holds_what_the_offer_said(string name)
    {
        NegotiatedSession session = Answer(name).Session;
        string offer = OfferCorpus.Get(name);
        Assert.Contains($"a=ice-ufrag:{session.RemoteIce.UserFragment}\r\n", offer);
        Assert.Contains($"a=ice-pwd:{session.RemoteIce.Password}\r\n", offer);
        Assert.Contains($"a=fingerprint:{Assert.Single(session.RemoteFingerprints)}\r\n", offer);
        Assert.Same(SdpTest.OurIce, session.LocalIce);
        Assert.All(session.Media, media =>
        {
            Assert.Contains($"a=mid:{media.Mid}\r\n", offer);
            Assert.Equal(media.Codec, media.Codecs[0]);
            Assert.Contains($"a=rtpmap:{media.Codec.PayloadType} {media.Codec.Name}/{media.Codec.ClockRate}", offer);
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Writing_what_was_read_and_reading_it_again_changes_nothing(string name)
    {
        Assert.True(SdpReader.TryParse(OfferCorpus.Get(name), out SessionDescription? first, out string problem), problem);
        string written = first.ToString();
        Assert.True(SdpReader.TryParse(written, out SessionDescription? second, out problem), problem);
        Assert.Equal(written, second.ToString());
    }

    private static NegotiationResult.Success Answer(string name) =>
        SdpTest.Accept(OfferCorpus.Get(name), SdpTest.AnswerOptions(OfferCorpus.Role(name)));
}
