namespace ComfyStream.WebRtc.Tests.Sdp.Offers;

/// <summary>Firefox publishing: mids of old versions, candidates of component 2, msid with braces.</summary>
internal static class FirefoxPublish
{
    public const string Sdp = """
        v=0
        o=mozilla...THIS_IS_SDPARTA-140.0 4711 0 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=sendrecv
        a=fingerprint:sha-256 0B:30:55:7A:9F:C4:E9:0E:33:58:7D:A2:C7:EC:11:36:5B:80:A5:CA:EF:14:39:5E:83:A8:CD:F2:17:3C:61:86
        a=group:BUNDLE sdparta_0 sdparta_1
        a=ice-options:trickle
        a=msid-semantic:WMS *
        m=audio 52345 UDP/TLS/RTP/SAVPF 109 9 0 8 101
        c=IN IP4 192.0.2.17
        a=candidate:0 1 UDP 2122252543 192.0.2.17 52345 typ host
        a=candidate:0 2 UDP 2122252542 192.0.2.17 52346 typ host
        a=candidate:3 1 TCP 2105524479 192.0.2.17 9 typ host tcptype active
        a=end-of-candidates
        a=sendonly
        a=extmap:1/sendonly urn:ietf:params:rtp-hdrext:ssrc-audio-level
        a=extmap:2/sendonly urn:ietf:params:rtp-hdrext:csrc-audio-level
        a=extmap:3/sendonly urn:ietf:params:rtp-hdrext:sdes:mid
        a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
        a=fmtp:101 0-15
        a=ice-pwd:0e5a8a4b2ad8cf2db2b5eaa0a3d3a2c4
        a=ice-ufrag:8c6f31aa
        a=mid:sdparta_0
        a=msid:{f1a7c1de-0000-4000-8000-000000000001} {f1a7c1de-0000-4000-8000-000000000002}
        a=rtcp:52346 IN IP4 192.0.2.17
        a=rtcp-mux
        a=rtpmap:109 opus/48000/2
        a=rtpmap:9 G722/8000/1
        a=rtpmap:0 PCMU/8000
        a=rtpmap:8 PCMA/8000
        a=rtpmap:101 telephone-event/8000/1
        a=setup:actpass
        a=ssrc:2345678901 cname:{f1a7c1de-0000-4000-8000-000000000003}
        m=video 52345 UDP/TLS/RTP/SAVPF 120 121 126 97
        c=IN IP4 192.0.2.17
        a=sendonly
        a=extmap:3/sendonly urn:ietf:params:rtp-hdrext:sdes:mid
        a=fmtp:126 profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1
        a=fmtp:97 profile-level-id=42e01f;level-asymmetry-allowed=1
        a=fmtp:120 max-fs=12288;max-fr=60
        a=fmtp:121 max-fs=12288;max-fr=60
        a=ice-pwd:0e5a8a4b2ad8cf2db2b5eaa0a3d3a2c4
        a=ice-ufrag:8c6f31aa
        a=mid:sdparta_1
        a=msid:{f1a7c1de-0000-4000-8000-000000000001} {f1a7c1de-0000-4000-8000-000000000004}
        a=rtcp-fb:120 nack
        a=rtcp-fb:120 nack pli
        a=rtcp-fb:120 ccm fir
        a=rtcp-fb:120 goog-remb
        a=rtcp-fb:121 nack
        a=rtcp-fb:121 nack pli
        a=rtcp-fb:121 ccm fir
        a=rtcp-fb:121 goog-remb
        a=rtcp-fb:126 nack
        a=rtcp-fb:126 nack pli
        a=rtcp-fb:126 ccm fir
        a=rtcp-fb:126 goog-remb
        a=rtcp-fb:97 nack
        a=rtcp-fb:97 nack pli
        a=rtcp-fb:97 ccm fir
        a=rtcp-fb:97 goog-remb
        a=rtcp-mux
        a=rtcp-rsize
        a=rtpmap:120 VP8/90000
        a=rtpmap:121 VP9/90000
        a=rtpmap:126 H264/90000
        a=rtpmap:97 H264/90000
        a=setup:actpass
        a=ssrc:3456789012 cname:{f1a7c1de-0000-4000-8000-000000000003}

        """;
}
