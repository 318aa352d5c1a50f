using ComfyStream.WebRtc.Sdp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Sdp;

public sealed class H264NegotiationTests
{
    /// <summary>Rows of RFC 6184 table 5, and what endpoints write.</summary>
    [Theory]
    [InlineData("42e01f", H264Profile.ConstrainedBaseline)]
    [InlineData("42c015", H264Profile.ConstrainedBaseline)]
    [InlineData("4d801f", H264Profile.ConstrainedBaseline)]
    [InlineData("58c01f", H264Profile.ConstrainedBaseline)]
    [InlineData("42001f", H264Profile.Baseline)]
    [InlineData("42800a", H264Profile.Baseline)]
    [InlineData("58801f", H264Profile.Baseline)]
    [InlineData("4d001f", H264Profile.Main)]
    [InlineData("4D401F", H264Profile.Main)]
    [InlineData("640c1f", H264Profile.ConstrainedHigh)]
    [InlineData("64001f", H264Profile.High)]
    [InlineData("f4001f", H264Profile.Other)]
    [InlineData("58001f", H264Profile.Other)]
    public void RFC6184_table_5_gives_the_profile(string profileLevelId, H264Profile profile)
    {
        Assert.True(H264Profiles.TryParse(profileLevelId, out H264Profile found));
        Assert.Equal(profile, found);
    }

    [Theory]
    [InlineData("")]
    [InlineData("42e0")]
    [InlineData("42e01f00")]
    [InlineData("zze01f")]
    public void A_broken_profile_level_id_is_no_profile(string text) => Assert.False(H264Profiles.TryParse(text, out _));

    [Theory]
    [InlineData("packetization-mode=1;profile-level-id=42001f", "packetization-mode=1;profile-level-id=42e01f", 1)]
    [InlineData("packetization-mode=1;profile-level-id=64001f", "packetization-mode=1;profile-level-id=42001f", 1)]
    [InlineData("profile-level-id=42e01f", "packetization-mode=1;profile-level-id=42001f", 1)]
    [InlineData("packetization-mode=1;profile-level-id=4d001f", "packetization-mode=0;profile-level-id=42e01f", 1)]
    [InlineData("packetization-mode=1;profile-level-id=4d001f", "packetization-mode=1;profile-level-id=640c1f", 0)]
    [InlineData("packetization-mode=1;profile-level-id=42e01f", "packetization-mode=1;profile-level-id=42c01f", 0)]
    [InlineData("packetization-mode=2;profile-level-id=42e01f", "PACKETIZATION-MODE = 1; Profile-Level-Id=64001f", 1)]
    public void D11_Of_two_forms_the_better_one_is_sent(string first, string second, int chosen)
    {
        NegotiatedMedia video = SdpTest.View(Offer(first, second)).Session.Find(MediaKind.Video)!;
        Assert.Equal(96 + chosen, video.Codec.PayloadType);
    }

    [Fact]
    public void A_viewer_of_High_alone_plays_constrained_baseline_and_gets_its_fmtp_back()
    {
        NegotiationResult.Success result = SdpTest.View(Offer("packetization-mode=1;profile-level-id=64001f"));
        Assert.Empty(result.Notes);
        Assert.Contains("a=fmtp:96 packetization-mode=1;profile-level-id=64001f\r\n", result.AnswerSdp);
    }

    [Fact]
    public void A_High_stream_goes_to_the_High_payload_type()
    {
        string offer = Offer("packetization-mode=1;profile-level-id=42e01f", "packetization-mode=1;profile-level-id=64001f");
        NegotiationResult.Success result = SdpTest.Accept(offer, SdpTest.AnswerOptions(MediaRole.Send) with { SentProfile = H264Profile.High });
        Assert.Equal(97, result.Session.Find(MediaKind.Video)!.Codec.PayloadType);
        Assert.Empty(result.Notes);
    }

    [Fact]
    public void A_High_stream_to_a_viewer_of_baseline_is_noted()
    {
        string offer = Offer("packetization-mode=1;profile-level-id=42e01f");
        NegotiationResult.Success result = SdpTest.Accept(offer, SdpTest.AnswerOptions(MediaRole.Send) with { SentProfile = H264Profile.High });
        Assert.Equal(["The viewer offers no H.264 profile that plays High; it may show no picture."], result.Notes);
    }

    [Fact]
    public void Interleaved_packetization_alone_is_refused() =>
        SdpTest.Refuse(Offer("packetization-mode=2;profile-level-id=42e01f"), MediaRole.Send, NegotiationFailure.Unsupported);

    private static string Offer(params string[] parameters)
    {
        string codecs = string.Concat(parameters.Select((value, i) => $"a=rtpmap:{96 + i} H264/90000\r\na=fmtp:{96 + i} {value}\r\n"));
        return "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
            + $"m=video 9 UDP/TLS/RTP/SAVPF {string.Join(' ', parameters.Select((_, i) => 96 + i))}\r\n"
            + "a=mid:0\r\na=recvonly\r\na=rtcp-mux\r\na=setup:actpass\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
            + $"a=fingerprint:{SdpTest.OurFingerprint}\r\n{codecs}";
    }
}
