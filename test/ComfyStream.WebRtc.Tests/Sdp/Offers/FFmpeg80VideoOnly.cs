namespace ComfyStream.WebRtc.Tests.Sdp.Offers;

/// <summary>FFmpeg 8.0 -f whip without sound: BUNDLE names a mid that does not exist.</summary>
internal static class FFmpeg80VideoOnly
{
    public const string Sdp = """
        v=0
        o=FFmpeg 4489045141692799359 2 IN IP4 127.0.0.1
        s=FFmpegPublishSession
        t=0 0
        a=group:BUNDLE 0 1
        a=extmap-allow-mixed
        a=msid-semantic: WMS
        m=video 9 UDP/TLS/RTP/SAVPF 106
        c=IN IP4 0.0.0.0
        a=ice-ufrag:f0f1f2f3
        a=ice-pwd:ffmpeg0ffmpeg1ffmpeg2ffmpeg3ffmp
        a=fingerprint:sha-256 0B:30:55:7A:9F:C4:E9:0E:33:58:7D:A2:C7:EC:11:36:5B:80:A5:CA:EF:14:39:5E:83:A8:CD:F2:17:3C:61:86
        a=setup:passive
        a=mid:1
        a=sendonly
        a=msid:FFmpeg video
        a=rtcp-mux
        a=rtcp-rsize
        a=rtpmap:106 H264/90000
        a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f
        a=ssrc:1470521345 cname:FFmpeg
        a=ssrc:1470521345 msid:FFmpeg video

        """;
}
