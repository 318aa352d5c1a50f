namespace ComfyStream.WebRtc.Tests.Sdp.Offers;

/// <summary>OBS Studio 30.1: transport attributes at session level, ice-options with a comma, real port and candidates.</summary>
internal static class Obs30
{
    public const string Sdp = """
        v=0
        o=rtc 2390456781 0 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0 1
        a=group:LS 0 1
        a=msid-semantic:WMS *
        a=setup:actpass
        a=ice-ufrag:oB30
        a=ice-pwd:aVeryLongPasswordOfObs30
        a=ice-options:ice2,trickle
        a=fingerprint:sha-256 0B:30:55:7A:9F:C4:E9:0E:33:58:7D:A2:C7:EC:11:36:5B:80:A5:CA:EF:14:39:5E:83:A8:CD:F2:17:3C:61:86
        m=audio 60123 UDP/TLS/RTP/SAVPF 111
        c=IN IP4 192.0.2.30
        a=mid:0
        a=sendonly
        a=ssrc:1122334455 cname:qWb3sKx9Tz0LmRyA
        a=ssrc:1122334455 msid:obsMStream qWb3sKx9Tz0LmRyA-audio
        a=msid:obsMStream qWb3sKx9Tz0LmRyA-audio
        a=rtcp-mux
        a=rtpmap:111 opus/48000/2
        a=fmtp:111 minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1
        a=candidate:1 1 UDP 2122317823 192.0.2.30 60123 typ host
        a=candidate:2 1 UDP 2122187263 2001:db8::30 60123 typ host
        a=end-of-candidates
        m=video 60123 UDP/TLS/RTP/SAVPF 96
        c=IN IP4 192.0.2.30
        a=mid:1
        a=sendonly
        a=ssrc:1122334456 cname:qWb3sKx9Tz0LmRyA
        a=ssrc:1122334456 msid:obsMStream qWb3sKx9Tz0LmRyA-video
        a=msid:obsMStream qWb3sKx9Tz0LmRyA-video
        a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid
        a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
        a=rtcp-mux
        a=rtpmap:96 H264/90000
        a=rtcp-fb:96 nack
        a=rtcp-fb:96 nack pli
        a=rtcp-fb:96 ccm fir
        a=rtcp-fb:96 goog-remb
        a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1

        """;
}
