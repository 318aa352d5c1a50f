namespace ComfyStream.Server.Tests;

/// <summary>Offers in the shape of a browser's.</summary>
internal static class Offers
{
    private const string Session =
        """
        v=0
        o=- 4611731400430051336 2 IN IP4 127.0.0.1
        s=-
        t=0 0
        a=group:BUNDLE 0 1
        a=extmap-allow-mixed
        a=msid-semantic: WMS

        """;

    private const string Transport =
        """
        c=IN IP4 0.0.0.0
        a=rtcp:9 IN IP4 0.0.0.0
        a=ice-ufrag:4ZcD
        a=ice-pwd:2/1muCWoOi3uLifh0NuRHlig
        a=ice-options:trickle
        a=fingerprint:sha-256 75:74:5A:A6:A4:E5:52:F4:A7:67:4C:01:C7:EE:91:3F:21:3D:A2:E3:53:7B:6F:30:86:F2:30:AA:65:FB:04:24
        a=setup:actpass
        a=rtcp-mux
        a=rtcp-rsize

        """;

    public static string Publish { get; } = Offer("sendonly");

    public static string Watch { get; } = Offer("recvonly");

    private static string Offer(string direction) => (Session
        + "m=audio 9 UDP/TLS/RTP/SAVPF 111\n" + Transport + $"a=mid:0\na={direction}\na=rtpmap:111 opus/48000/2\na=fmtp:111 minptime=10;useinbandfec=1\n"
        + "m=video 9 UDP/TLS/RTP/SAVPF 96 102\n" + Transport + $"a=mid:1\na={direction}\na=rtpmap:96 VP8/90000\na=rtpmap:102 H264/90000\n"
        + "a=rtcp-fb:102 nack\na=rtcp-fb:102 nack pli\na=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\n").ReplaceLineEndings("\r\n");
}
