namespace ComfyStream.WebRtc.Tests.Sdp.Offers;

/// <summary>The max-bundle form of RFC 9429: the bundled section at port 0 carries no transport attributes of its own.</summary>
internal static class MaxBundle
{
    public const string Sdp = """
        v=0
        o=- 123456789 2 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE a1 v1
        a=ice-options:trickle ice2
        m=audio 9 UDP/TLS/RTP/SAVPF 96
        c=IN IP4 0.0.0.0
        a=ice-ufrag:mBun
        a=ice-pwd:maxBundleMaxBundleMaxBundle
        a=fingerprint:sha-256 0B:30:55:7A:9F:C4:E9:0E:33:58:7D:A2:C7:EC:11:36:5B:80:A5:CA:EF:14:39:5E:83:A8:CD:F2:17:3C:61:86
        a=setup:actpass
        a=mid:a1
        a=sendonly
        a=rtcp-mux
        a=rtcp-mux-only
        a=rtcp-rsize
        a=rtpmap:96 opus/48000/2
        a=msid:one sound
        m=video 0 UDP/TLS/RTP/SAVPF 100 101
        c=IN IP4 0.0.0.0
        a=bundle-only
        a=mid:v1
        a=sendonly
        a=rtpmap:100 VP8/90000
        a=rtpmap:101 H264/90000
        a=fmtp:101 packetization-mode=1;profile-level-id=42e01f
        a=rtcp-fb:* nack
        a=rtcp-fb:* nack pli
        a=rtcp-fb:* ccm fir
        a=msid:one picture

        """;
}
