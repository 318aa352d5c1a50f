using System.Net;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Rtp;
using ComfyStream.WebRtc.Sdp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Sdp;

public sealed class SdpReaderTests
{
    private const string Start = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
    private const string Video = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n";

    [Theory]
    [InlineData("s=FFmpegPublishSession")]
    [InlineData("s= ")]
    [InlineData("s=Grüße aus dem Studio")]
    [InlineData("s=-\r\ni=information\r\nu=http://example.com\r\ne=a@example.com\r\nb=AS:2500\r\nb=TIAS:2500000")]
    public void W34_Any_session_name_and_unused_fields_are_taken(string lines) =>
        Read(Start.With("s=-", lines) + Video + "a=unknown\r\na=unknown:value\r\n");

    [Theory]
    [InlineData("video0")]
    [InlineData("sdparta_0")]
    [InlineData("audio")]
    [InlineData("{f1a7c1de-0000}")]
    public void W34_Mids_need_not_be_numbers(string mid) => Assert.Equal(mid, Read(Start + Video + $"a=mid:{mid}\r\n").Media[0].Mid);

    [Theory]
    [InlineData("ice2,trickle")]
    [InlineData("ice2 trickle")]
    [InlineData("ice2, trickle")]
    public void Ice_options_may_be_separated_by_comma_or_blank(string options) =>
        Assert.Equal(["ice2", "trickle"], Read(Start + $"a=ice-options:{options}\r\n" + Video).Transport.IceOptions);

    [Fact]
    public void W35_Static_payload_types_need_no_rtpmap()
    {
        MediaDescription media = Read(Start + "m=audio 9 UDP/TLS/RTP/SAVPF 0 8 9 13 18\r\n").Media[0];
        Assert.Equal(
            [new RtpCodec(0, "PCMU", 8000, 1, ""), new(8, "PCMA", 8000, 1, ""), new(9, "G722", 8000, 1, ""), new(13, "CN", 8000, 1, "")],
            media.Codecs);
    }

    [Fact]
    public void W35_An_fmtp_without_rtpmap_is_ignored_and_may_come_before_it()
    {
        MediaDescription media = Read(Start + "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\na=fmtp:97 x=1\r\na=fmtp:96 y=2\r\na=fmtp:120 z=3\r\na=rtpmap:96 H264/90000\r\n").Media[0];
        Assert.Equal([new RtpCodec(96, "H264", 90000, 0, "y=2")], media.Codecs);
    }

    [Fact]
    public void W35_Rtcp_feedback_may_name_all_payload_types_and_stand_twice() =>
        Assert.Equal(
            [new RtcpFeedback(null, "nack pli"), new(96, "nack"), new(96, "nack")],
            Read(Start + Video + "a=rtcp-fb:* nack pli\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack\r\n").Media[0].Feedback);

    [Fact]
    public void Codec_names_keep_their_case_and_rtpmap_its_channels()
    {
        MediaDescription media = Read(Start + "m=audio 9 UDP/TLS/RTP/SAVPF 96 97\r\na=rtpmap:96 OPUS/48000\r\na=rtpmap:97 opus/48000/2\r\n").Media[0];
        Assert.Equal([new RtpCodec(96, "OPUS", 48000, 1, ""), new RtpCodec(97, "opus", 48000, 2, "")], media.Codecs);
        Assert.True(media.Codecs[0].Is("opus"));
    }

    [Fact]
    public void Extmap_direction_suffixes_are_read()
    {
        MediaDescription media = Read(Start + Video + "a=extmap:3/recvonly urn:x\r\na=extmap:4 urn:y attributes\r\na=extmap:4096 urn:z\r\n").Media[0];
        Assert.Equal([new HeaderExtension(3, MediaDirection.RecvOnly, "urn:x"), new(4, null, "urn:y"), new(4096, null, "urn:z")], media.Extensions);
    }

    [Fact]
    public void Media_level_direction_overrides_the_session_level()
    {
        SessionDescription description = Read(Start + "a=inactive\r\n" + Video + "a=sendonly\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n");
        Assert.Equal(MediaDirection.Inactive, description.Direction);
        Assert.Equal(MediaDirection.SendOnly, description.Media[0].Direction);
        Assert.Null(description.Media[1].Direction);
    }

    [Theory]
    [InlineData("1 1 UDP 2122252543 192.0.2.17 52345 typ host", "192.0.2.17", 52345, false)]
    [InlineData("1 1 udp 1 2001:db8::17 9 typ srflx raddr 10.0.0.1 rport 9 generation 0 network-cost 999", "2001:db8::17", 9, false)]
    [InlineData("1 1 TCP 1 192.0.2.17 9 typ host tcptype active", "192.0.2.17", 9, true)]
    public void Candidates_with_literal_addresses_are_kept(string line, string address, int port, bool isTcp)
    {
        IceCandidate candidate = Assert.Single(Read(Start + Video + $"a=candidate:{line}\r\n").Media[0].Transport.Candidates);
        Assert.Equal(TransportAddress.From(IPAddress.Parse(address), port), candidate.Address);
        Assert.Equal(isTcp, candidate.IsTcp);
    }

    [Theory]
    [InlineData("1 1 udp 1 0d3b7a52-0000-4000-8000-000000000001.local 9 typ host")]
    [InlineData("1 1 udp 1 internal.example.com 9 typ host")]
    [InlineData("1 1 udp 1 127.1 9 typ host")]
    [InlineData("1 1 udp 1 fe80::1%eth0 9 typ host")]
    [InlineData("1 1 sctp 1 192.0.2.1 9 typ host")]
    [InlineData("1 1 ssltcp 1 192.0.2.1 9 typ host")]
    [InlineData("1 2 udp 1 192.0.2.1 9 typ host")]
    [InlineData("1 0 udp 1 192.0.2.1 9 typ host")]
    [InlineData("1 1 udp 1 192.0.2.1 65536 typ host")]
    [InlineData("1 1 udp 4294967296 192.0.2.1 9 typ host")]
    [InlineData("1 1 udp 1 192.0.2.1 9 typ other")]
    [InlineData("1 1 udp 1 192.0.2.1")]
    [InlineData("")]
    public void W45_Candidates_that_cannot_be_used_are_skipped(string line) =>
        Assert.Empty(Read(Start + Video + $"a=candidate:{line}\r\n").Media[0].Transport.Candidates);

    [Fact]
    public void Weak_and_unknown_fingerprints_are_set_apart()
    {
        string sha256 = SdpTest.OurFingerprint.ToString();
        TransportDescription transport = Read(Start + $"a=fingerprint:SHA-1 AA:BB\r\na=fingerprint:crc32 00\r\na=fingerprint:{sha256.ToLowerInvariant()}\r\n" + Video).Transport;
        Assert.Equal(sha256, Assert.Single(transport.Fingerprints).ToString());
        Assert.Equal(["sha-1", "crc32"], transport.UnusableFingerprints);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("{\"sdp\":1}", "line 1: must be v=0")]
    [InlineData("v=1\r\n", "line 1: must be v=0")]
    [InlineData(Start + "nonsense\r\n", "line 5: \"nonsense\" is not of the form")]
    [InlineData(Start + "A=x\r\n", "line 5: \"A\" is not a field")]
    [InlineData(Start + "v=0\r\n", "line 5: a second v= line")]
    [InlineData(Start + "a=x\0y\r\n", "line 5: control characters")]
    [InlineData(Start + "a=x\ry\r\n", "line 5: control characters")]
    [InlineData(Start + "a=x\u0085y\r\n", "line 5: control characters")]
    [InlineData(Start + "a=x\u2028y\r\n", "line 5: control characters")]
    [InlineData(Start + "\u00e9=y\r\n", "line 5: \"?\" is not a field")]
    [InlineData(Start + "m=video\r\n", "line 5: m= must be")]
    [InlineData(Start + "m=video 65536 UDP/TLS/RTP/SAVPF 96\r\n", "line 5: m= must be")]
    [InlineData(Start + "m=video 9 UDP/TLS/RTP/SAVPF\r\n", "line 5: m= names no format")]
    [InlineData(Start + "m=video 9 UDP/TLS/RTP/SAVPF 128\r\n", "line 5: \"128\" is not a payload type")]
    [InlineData(Start + "m=video 9 UDP/TLS/RTP/SAVPF 96 96\r\n", "line 5: payload type 96 stands twice")]
    [InlineData(Start + Video + "a=rtpmap:128 H264/90000\r\n", "line 6: a=rtpmap must be")]
    [InlineData(Start + Video + "a=rtpmap:96 H264\r\n", "line 6: a=rtpmap must be")]
    [InlineData(Start + Video + "a=rtpmap:96 H264/0\r\n", "line 6: a=rtpmap must be")]
    [InlineData(Start + Video + "a=rtpmap:96 H264/99999999999\r\n", "line 6: a=rtpmap must be")]
    [InlineData(Start + Video + "a=fmtp:300 x\r\n", "line 6: a=fmtp must begin")]
    [InlineData(Start + Video + "a=rtcp-fb:x nack\r\n", "line 6: a=rtcp-fb must begin")]
    [InlineData(Start + Video + "a=extmap:x urn:y\r\n", "line 6: a=extmap must be")]
    [InlineData(Start + Video + "a=ssrc:4294967296 cname:x\r\n", "line 6: a=ssrc must begin")]
    [InlineData(Start + Video + "a=ssrc-group:FID 1 x\r\n", "line 6: a=ssrc-group must list")]
    [InlineData(Start + Video + "a=mid:a\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:a\r\n", "line 8: a=mid \"a\" names two sections")]
    [InlineData(Start + Video + "a=mid:a\r\na=mid:b\r\n", "line 7: section 1 (video, mid \"a\") has a second a=mid")]
    [InlineData(Start + Video + "a=ice-ufrag:abc\r\n", "line 6: a=ice-ufrag must be 4 to 256")]
    [InlineData(Start + Video + "a=ice-ufrag:ab:cd\r\n", "line 6: a=ice-ufrag must be 4 to 256")]
    [InlineData(Start + Video + "a=ice-pwd:tooshort\r\n", "line 6: a=ice-pwd must be 22 to 256")]
    [InlineData(Start + Video + "a=fingerprint:sha-256 AA:BB\r\n", "line 6: a=fingerprint:sha-256 must be 32 pairs")]
    [InlineData("v=0\r\ns=-\r\nt=0 0\r\n" + Video, "lacks its o=, s= or t= line")]
    [InlineData(Start, "no media section")]
    public void W36_Broken_descriptions_are_refused_naming_the_line(string sdp, string problem)
    {
        Assert.False(SdpReader.TryParse(sdp, out SessionDescription? description, out string found));
        Assert.Null(description);
        Assert.Contains(problem, found);
    }

    [Fact]
    public void W36_More_than_a_thousand_lines_are_refused()
    {
        string thousand = Start + Video + string.Concat(Enumerable.Repeat("a=x\r\n", 995));
        Read(thousand);
        AssertRefused(thousand + "a=x\r\n", "more than 1000 lines");
    }

    [Fact]
    public void W36_An_attribute_of_64_KiB_is_refused() =>
        AssertRefused(Start + Video + "a=x:" + new string('x', 65536) + "\r\n", "longer than 65536");

    [Fact]
    public void More_than_sixteen_sections_are_refused()
    {
        Assert.Equal(16, Read(Start + string.Concat(Enumerable.Repeat(Video, 16))).Media.Count);
        AssertRefused(Start + string.Concat(Enumerable.Repeat(Video, 17)), "line 21: more than 16 media sections");
    }

    [Fact]
    public void Messages_quote_what_the_peer_sent_without_its_control_characters()
    {
        Assert.False(SdpReader.TryParse("\u001b[2Jv=0 evil\r\n", out _, out string problem));
        Assert.DoesNotContain('\u001b', problem);
    }

    private static SessionDescription Read(string sdp)
    {
        Assert.True(SdpReader.TryParse(sdp, out SessionDescription? description, out string problem), problem);
        return description;
    }

    private static void AssertRefused(string sdp, string problem)
    {
        Assert.False(SdpReader.TryParse(sdp, out _, out string found));
        Assert.Contains(problem, found);
    }
}
