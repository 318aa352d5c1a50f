namespace ComfyStream.WebRtc.Tests.Sdp.Offers;

/// <summary>GStreamer webrtcbin publishing with max-bundle: named mids, the second section at port 0 with bundle-only, sendrecv.</summary>
internal static class GStreamerPublish
{
    public const string Sdp = """
        v=0
        o=- 6235374569180522614 0 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=ice-options:trickle
        a=group:BUNDLE video0 audio1
        m=video 9 UDP/TLS/RTP/SAVPF 96
        c=IN IP4 0.0.0.0
        a=setup:actpass
        a=ice-ufrag:B6GiEyEvqxranPkxXTzDkd+IynDcK2zX
        a=ice-pwd:jgpTbm+iHxe9G6iaHQeQOpJTRX1sBhBR
        a=rtcp-mux
        a=rtcp-rsize
        a=sendrecv
        a=rtpmap:96 H264/90000
        a=rtcp-fb:96 nack pli
        a=rtcp-fb:96 ccm fir
        a=rtcp-fb:96 transport-cc
        a=framerate:30
        a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LAFdkBQfsBagwMDUoAAAMAAgAAAwB5HixckA==,aMuMsg==;profile-level-id=42c015;level-asymmetry-allowed=1
        a=ssrc:4011042668 msid:user3784060233@host-99b60a26 webrtctransceiver0
        a=ssrc:4011042668 cname:user3784060233@host-99b60a26
        a=mid:video0
        a=fingerprint:sha-256 0B:30:55:7A:9F:C4:E9:0E:33:58:7D:A2:C7:EC:11:36:5B:80:A5:CA:EF:14:39:5E:83:A8:CD:F2:17:3C:61:86
        a=rtcp-mux-only
        a=candidate:1 1 UDP 2015363327 192.0.2.40 42846 typ host
        a=candidate:2 1 TCP 1015021823 192.0.2.40 9 typ host tcptype active
        a=candidate:3 1 TCP 1010827519 192.0.2.40 42887 typ host tcptype passive
        a=candidate:4 1 UDP 2015363839 fe80::fc:ff:fe00:1 55192 typ host
        m=audio 0 UDP/TLS/RTP/SAVPF 97
        c=IN IP4 0.0.0.0
        a=setup:actpass
        a=ice-ufrag:B6GiEyEvqxranPkxXTzDkd+IynDcK2zX
        a=ice-pwd:jgpTbm+iHxe9G6iaHQeQOpJTRX1sBhBR
        a=bundle-only
        a=rtcp-mux
        a=rtcp-rsize
        a=sendrecv
        a=rtpmap:97 OPUS/48000/2
        a=rtcp-fb:97 transport-cc
        a=fmtp:97 sprop-stereo=1;sprop-maxcapturerate=48000
        a=ssrc:1233971518 msid:user3784060233@host-99b60a26 webrtctransceiver1
        a=ssrc:1233971518 cname:user3784060233@host-99b60a26
        a=mid:audio1
        a=fingerprint:sha-256 0B:30:55:7A:9F:C4:E9:0E:33:58:7D:A2:C7:EC:11:36:5B:80:A5:CA:EF:14:39:5E:83:A8:CD:F2:17:3C:61:86
        a=rtcp-mux-only

        """;
}
