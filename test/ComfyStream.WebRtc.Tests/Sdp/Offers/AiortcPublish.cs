namespace ComfyStream.WebRtc.Tests.Sdp.Offers;

/// <summary>aiortc 1.4 publishing: sendrecv, other ICE credentials in each section although they are bundled.</summary>
internal static class AiortcPublish
{
    public const string Sdp = """
        v=0
        o=- 4004353958 4004353958 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=group:BUNDLE 0 1
        a=msid-semantic:WMS *
        m=audio 56213 UDP/TLS/RTP/SAVPF 96 0 8
        c=IN IP4 192.0.2.2
        a=sendrecv
        a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:2 urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=mid:0
        a=msid:607bb090-4289-4d27-b22d-d9b6012e6673 8fe8933f-bef7-4435-9525-b25bab1981c8
        a=rtcp:9 IN IP4 0.0.0.0
        a=rtcp-mux
        a=ssrc:602349807 cname:3607cd11-0f9e-45f2-9219-cdcd601ec73f
        a=rtpmap:96 opus/48000/2
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=candidate:f957a2332b1715da3b0ef8ba684454eb 1 udp 2130706431 192.0.2.2 56213 typ host
        a=candidate:d0bcf3d9c29a2bc887618212a1623bfa 1 udp 2130706431 2001:db8::2 62854 typ host
        a=end-of-candidates
        a=ice-ufrag:ihH7
        a=ice-pwd:jWqB08jwIwNfWajZGecetV
        a=fingerprint:sha-256 0B:30:55:7A:9F:C4:E9:0E:33:58:7D:A2:C7:EC:11:36:5B:80:A5:CA:EF:14:39:5E:83:A8:CD:F2:17:3C:61:86
        a=setup:actpass
        m=video 47013 UDP/TLS/RTP/SAVPF 97 98 99 100 101 102
        c=IN IP4 192.0.2.2
        a=sendrecv
        a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
        a=mid:1
        a=msid:607bb090-4289-4d27-b22d-d9b6012e6673 00726498-7a75-4875-bc50-ed436387177d
        a=rtcp:9 IN IP4 0.0.0.0
        a=rtcp-mux
        a=ssrc-group:FID 2466970819 2783183872
        a=ssrc:2466970819 cname:3607cd11-0f9e-45f2-9219-cdcd601ec73f
        a=ssrc:2783183872 cname:3607cd11-0f9e-45f2-9219-cdcd601ec73f
        a=rtpmap:97 VP8/90000
        a=rtcp-fb:97 nack
        a=rtcp-fb:97 nack pli
        a=rtcp-fb:97 goog-remb
        a=rtpmap:98 rtx/90000
        a=fmtp:98 apt=97
        a=rtpmap:99 H264/90000
        a=rtcp-fb:99 nack
        a=rtcp-fb:99 nack pli
        a=rtcp-fb:99 goog-remb
        a=fmtp:99 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
        a=rtpmap:100 rtx/90000
        a=fmtp:100 apt=99
        a=rtpmap:101 H264/90000
        a=rtcp-fb:101 nack
        a=rtcp-fb:101 nack pli
        a=rtcp-fb:101 goog-remb
        a=fmtp:101 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
        a=rtpmap:102 rtx/90000
        a=fmtp:102 apt=101
        a=candidate:f957a2332b1715da3b0ef8ba684454eb 1 udp 2130706431 192.0.2.2 47013 typ host
        a=candidate:d0bcf3d9c29a2bc887618212a1623bfa 1 udp 2130706431 2001:db8::2 53654 typ host
        a=end-of-candidates
        a=ice-ufrag:J4NZ
        a=ice-pwd:WQ74HLhLOK5fmToyJ3yrgf
        a=fingerprint:sha-256 0B:30:55:7A:9F:C4:E9:0E:33:58:7D:A2:C7:EC:11:36:5B:80:A5:CA:EF:14:39:5E:83:A8:CD:F2:17:3C:61:86
        a=setup:actpass

        """;
}
