using ComfyStream.WebRtc.Srtp;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Srtp;

/// <summary>The packets of RFC 7714 16.1 and 17.1 to 17.4, whose keys are session keys.</summary>
public sealed class Rfc7714Tests
{
    private const string RtpHeader = "8040F17B8041F8D35501A0B2";
    private const string ProtectedRtp = RtpHeader + "F24DE3A3FB34DE6CACBA861C9D7E4BCABE633BD50D294E6F42A5F47A51C7D19B36DE3ADF8833899D7F27BEB16A9152CF765EE4390CCE";
    private const string Rtcp = "81C8000D4D6172734E5450314E545032525450200000042A0000E9304C756E61DEADBEEFDEADBEEFDEADBEEFDEADBEEFDEADBEEF";
    private const string ProtectedRtcp = "81C8000D4D61727363E94885DCDAB67CA727D7662F6B7E997FF5C0F76C06F32DC676A5F1730D6FDA4CE09B4686303DED0BB9275BC84AA45896CF4D2FC5ABF87245D9EADE800005D4";
    private const string AuthenticatedOnlyRtcp = Rtcp + "841DD9683DD78EC92AE58790125F62B3000005D4";
    private const uint RtcpIndex = 0x5d4;
    private const ulong PacketIndex = 0xF17B;

    private static readonly byte[] s_plaintext = "Gallia est omnis divisa in partes tres"u8.ToArray();

    [Fact]
    public void The_RTP_packet_is_protected_as_in_16_1_1()
    {
        using var context = new SrtpSendContext(Transform());
        var packet = new byte[200];
        var byteCount = context.ProtectRtp(Convert.FromHexString(RtpHeader), s_plaintext, PacketIndex, packet);
        Assert.Equal(ProtectedRtp, Convert.ToHexString(packet, 0, byteCount));
    }

    [Fact]
    public void The_RTP_packet_is_unprotected_as_in_16_1_2()
    {
        using var context = new SrtpReceiveContext(Transform());
        var packet = Convert.FromHexString(ProtectedRtp);
        Assert.True(context.TryUnprotectRtp(packet, out var headerBytes, out var payloadBytes, out var packetIndex));
        Assert.Equal(12, headerBytes);
        Assert.Equal(s_plaintext, packet[12..(12 + payloadBytes)]);
        Assert.Equal(PacketIndex, packetIndex);
    }

    [Fact]
    public void The_RTCP_packet_is_protected_as_in_17_1()
    {
        using var context = new SrtpSendContext(Transform(), firstRtcpIndex: RtcpIndex);
        var buffer = new byte[200];
        Convert.FromHexString(Rtcp).CopyTo(buffer, 0);
        var byteCount = context.ProtectRtcp(buffer, Rtcp.Length / 2);
        Assert.Equal(ProtectedRtcp, Convert.ToHexString(buffer, 0, byteCount));
    }

    [Theory]
    [InlineData(ProtectedRtcp)]
    [InlineData(AuthenticatedOnlyRtcp)]
    public void The_RTCP_packets_are_unprotected_as_in_17_1_and_17_3(string protectedPacket)
    {
        using var context = new SrtpReceiveContext(Transform());
        var packet = Convert.FromHexString(protectedPacket);
        Assert.True(context.TryUnprotectRtcp(packet, out var byteCount));
        Assert.Equal(Rtcp, Convert.ToHexString(packet, 0, byteCount));
    }

    [Fact]
    public void An_unencrypted_RTCP_packet_needs_a_valid_tag()
    {
        using var context = new SrtpReceiveContext(Transform());
        for (var bit = 0; bit < 8 * AuthenticatedOnlyRtcp.Length / 2; bit++)
        {
            var packet = Convert.FromHexString(AuthenticatedOnlyRtcp);
            packet[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(context.TryUnprotectRtcp(packet, out _));
        }
    }

    private static GcmTransform Transform()
    {
        var key = Convert.FromHexString("000102030405060708090A0B0C0D0E0F");
        var salt = "Quid pro quo"u8;
        return new GcmTransform(key, salt, key, salt);
    }
}
