namespace ComfyStream.WebRtc.Tests.Sdp.Offers;

/// <summary>simple-whip-client: webrtcbin that trickles later, so no candidates yet.</summary>
internal static class SimpleWhipClient
{
    public const string Sdp = """
        v=0
        o=- 5544332211009988776 0 IN IP4 0.0.0.0
        s=-
        t=0 0
        a=ice-options:trickle
        a=group:BUNDLE audio0 video1
        m=audio 9 UDP/TLS/RTP/SAVPF 100
        c=IN IP4 0.0.0.0
        a=setup:actpass
        a=ice-ufrag:B6GiEyEvqxranPkxXTzDkd+IynDcK2zX
        a=ice-pwd:jgpTbm+iHxe9G6iaHQeQOpJTRX1sBhBR
        a=rtcp-mux
        a=rtcp-rsize
        a=sendonly
        a=rtpmap:100 OPUS/48000/2
        a=rtcp-fb:100 transport-cc
        a=fmtp:100 sprop-maxcapturerate=48000;sprop-stereo=0
        a=ssrc:1 msid:user1@host-1 webrtctransceiver0
        a=ssrc:1 cname:user1@host-1
        a=mid:audio0
        a=fingerprint:sha-256 0B:30:55:7A:9F:C4:E9:0E:33:58:7D:A2:C7:EC:11:36:5B:80:A5:CA:EF:14:39:5E:83:A8:CD:F2:17:3C:61:86
        m=video 9 UDP/TLS/RTP/SAVPF 96
        c=IN IP4 0.0.0.0
        a=setup:actpass
        a=ice-ufrag:B6GiEyEvqxranPkxXTzDkd+IynDcK2zX
        a=ice-pwd:jgpTbm+iHxe9G6iaHQeQOpJTRX1sBhBR
        a=rtcp-mux
        a=rtcp-rsize
        a=sendonly
        a=rtpmap:96 H264/90000
        a=rtcp-fb:96 nack
        a=rtcp-fb:96 nack pli
        a=rtcp-fb:96 ccm fir
        a=rtcp-fb:96 transport-cc
        a=fmtp:96 packetization-mode=1;profile-level-id=42c01f
        a=ssrc:2 msid:user1@host-1 webrtctransceiver1
        a=ssrc:2 cname:user1@host-1
        a=mid:video1
        a=fingerprint:sha-256 0B:30:55:7A:9F:C4:E9:0E:33:58:7D:A2:C7:EC:11:36:5B:80:A5:CA:EF:14:39:5E:83:A8:CD:F2:17:3C:61:86

        """;
}
