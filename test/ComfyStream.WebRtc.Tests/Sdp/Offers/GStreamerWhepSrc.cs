namespace ComfyStream.WebRtc.Tests.Sdp.Offers;

/// <summary>GStreamer whepsrc: five video codecs without any fmtp, OPUS in capitals without its channels.</summary>
internal static class GStreamerWhepSrc
{
    public const string Sdp = """
        v=0
        o=- 8323838223892933946 0 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=ice-options:trickle
        a=group:BUNDLE video0 audio1
        m=video 9 UDP/TLS/RTP/SAVPF 101 102 103 104 105
        c=IN IP4 0.0.0.0
        a=setup:actpass
        a=ice-ufrag:B6GiEyEvqxranPkxXTzDkd+IynDcK2zX
        a=ice-pwd:jgpTbm+iHxe9G6iaHQeQOpJTRX1sBhBR
        a=rtcp-mux
        a=rtcp-rsize
        a=recvonly
        a=rtpmap:101 VP8/90000
        a=rtcp-fb:101 nack pli
        a=rtcp-fb:101 ccm fir
        a=rtcp-fb:101 transport-cc
        a=rtpmap:102 VP9/90000
        a=rtcp-fb:102 nack pli
        a=rtcp-fb:102 ccm fir
        a=rtcp-fb:102 transport-cc
        a=rtpmap:103 H264/90000
        a=rtcp-fb:103 nack pli
        a=rtcp-fb:103 ccm fir
        a=rtcp-fb:103 transport-cc
        a=rtpmap:104 H265/90000
        a=rtcp-fb:104 nack pli
        a=rtcp-fb:104 ccm fir
        a=rtcp-fb:104 transport-cc
        a=rtpmap:105 AV1/90000
        a=rtcp-fb:105 nack pli
        a=rtcp-fb:105 ccm fir
        a=rtcp-fb:105 transport-cc
        a=mid:video0
        a=fingerprint:sha-256 0B:30:55:7A:9F:C4:E9:0E:33:58:7D:A2:C7:EC:11:36:5B:80:A5:CA:EF:14:39:5E:83:A8:CD:F2:17:3C:61:86
        a=rtcp-mux-only
        a=candidate:1 1 UDP 2015363327 192.0.2.40 42846 typ host
        a=candidate:2 1 TCP 1015021823 192.0.2.40 9 typ host tcptype active
        a=candidate:3 1 TCP 1010827519 192.0.2.40 42887 typ host tcptype passive
        a=candidate:4 1 UDP 2015363839 fe80::fc:ff:fe00:1 55192 typ host
        m=audio 0 UDP/TLS/RTP/SAVPF 96
        c=IN IP4 0.0.0.0
        a=setup:actpass
        a=ice-ufrag:B6GiEyEvqxranPkxXTzDkd+IynDcK2zX
        a=ice-pwd:jgpTbm+iHxe9G6iaHQeQOpJTRX1sBhBR
        a=bundle-only
        a=rtcp-mux
        a=rtcp-rsize
        a=recvonly
        a=rtpmap:96 OPUS/48000
        a=rtcp-fb:96 transport-cc
        a=mid:audio1
        a=fingerprint:sha-256 0B:30:55:7A:9F:C4:E9:0E:33:58:7D:A2:C7:EC:11:36:5B:80:A5:CA:EF:14:39:5E:83:A8:CD:F2:17:3C:61:86
        a=rtcp-mux-only

        """;
}
