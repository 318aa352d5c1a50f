using System.Net;
using System.Text;
using ComfyStream.WebRtc.Stun;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Stun;

public sealed class Rfc5769Tests
{
    [Fact]
    public void Section_2_1_request_is_read_and_authenticated()
    {
        Assert.True(StunMessage.TryParse(Rfc5769.Request, out StunMessage message));

        Assert.Equal(StunClass.Request, message.Class);
        Assert.Equal(StunMessage.BindingMethod, message.Method);
        Assert.Equal(new StunTransactionId(0xB7E7_A701_BC34_D686, 0xFA87_DFAE), message.TransactionId);
        Assert.Equal("evtj:h6vY", Encoding.ASCII.GetString(message.Username));
        Assert.Equal(0x6E00_01FFu, message.Priority);
        Assert.Equal(0x932F_F9B1_5126_3B36, message.IceControlled);
        Assert.Null(message.IceControlling);
        Assert.False(message.HasUseCandidate);
        Assert.False(message.IsMalformed);
        Assert.Equal(0, message.UnknownRequiredCount);
        Assert.True(message.HasFingerprint && message.VerifyFingerprintIfPresent());
        Assert.True(message.VerifyIntegrity(Rfc5769.Password));
        Assert.False(message.VerifyIntegrity("VOkJxbRl1RmTxUk/WvJxBs"u8));
        Assert.True(StunMessage.TryReadUserFragment(Rfc5769.Request, out ReadOnlySpan<byte> userFragment));
        Assert.Equal("evtj", Encoding.ASCII.GetString(userFragment));
    }

    [Fact]
    public void Section_2_2_response_carries_an_ipv4_address()
    {
        AssertResponse(Rfc5769.IPv4Response, new IPEndPoint(IPAddress.Parse("192.0.2.1"), 32853));
    }

    [Fact]
    public void Section_2_3_response_carries_an_ipv6_address()
    {
        AssertResponse(Rfc5769.IPv6Response, new IPEndPoint(IPAddress.Parse("2001:db8:1234:5678:11:2233:4455:6677"), 32853));
    }

    [Fact]
    public void Software_is_enumerated_without_its_padding()
    {
        Assert.True(StunMessage.TryParse(Rfc5769.IPv4Response, out StunMessage message));

        StunAttributeEnumerator attributes = message.Attributes;
        Assert.True(attributes.MoveNext());
        Assert.Equal(0x8022, (ushort)attributes.Current.Type);
        Assert.Equal("test vector", Encoding.ASCII.GetString(attributes.Current.Value));
        Assert.True(attributes.MoveNext());
        Assert.Equal(StunAttributeType.XorMappedAddress, attributes.Current.Type);
    }

    private static void AssertResponse(byte[] datagram, IPEndPoint expected)
    {
        Assert.True(StunMessage.TryParse(datagram, out StunMessage message));
        Assert.Equal(StunClass.SuccessResponse, message.Class);
        Assert.Equal(TransportAddress.From(expected), message.XorMappedAddress);
        Assert.True(message.HasFingerprint && message.VerifyFingerprintIfPresent());
        Assert.True(message.VerifyIntegrity(Rfc5769.Password));
    }
}
