using System.Net;
using System.Text;
using ComfyStream.WebRtc.Stun;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Stun;

public sealed class StunMessageWriterTests
{
    private const string Password = "0123456789012345678901";
    private static readonly StunTransactionId s_transaction = StunTransactionId.Read([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);

    [Fact]
    public void A_request_is_what_the_same_attributes_give_when_built_by_hand()
    {
        var buffer = new byte[256];
        buffer.AsSpan().Fill(0xEE);
        var writer = new StunMessageWriter(buffer, StunClass.Request, s_transaction);
        writer.WriteUsername("abcd:efgh123"u8);
        writer.WritePriority(0x6E0001FF);
        writer.WriteUseCandidate();
        writer.WriteIceControlling(0x0706_0504_0302_0100);
        writer.WriteMessageIntegrity(Encoding.ASCII.GetBytes(Password));
        writer.WriteFingerprint();

        byte[] expected = StunDatagram.Request("abcd:efgh123").WithPriority().WithUseCandidate()
            .With(0x802A, 7, 6, 5, 4, 3, 2, 1, 0).WithIntegrity(Password).WithFingerprint().Build();
        Assert.Equal(expected, buffer[..writer.ByteCount]);
    }

    [Fact]
    public void T18_padding_is_written_as_zeros()
    {
        var buffer = new byte[64];
        buffer.AsSpan().Fill(0xEE);
        var writer = new StunMessageWriter(buffer, StunClass.Request, s_transaction);
        writer.WriteUsername("a:bcd"u8);

        Assert.Equal(32, writer.ByteCount);
        Assert.Equal([0, 0, 0], buffer[29..32]);
        Assert.Equal(0xEE, buffer[32]);
    }

    [Theory]
    [InlineData("192.0.2.1", 32853)]
    [InlineData("2001:db8:1234:5678:11:2233:4455:6677", 1)]
    [InlineData("::ffff:198.51.100.7", 65535)]
    public void A_mapped_address_comes_back_as_it_was(string address, int port)
    {
        TransportAddress mapped = TransportAddress.From(IPAddress.Parse(address), port);
        var buffer = new byte[64];
        var writer = new StunMessageWriter(buffer, StunClass.SuccessResponse, s_transaction);
        writer.WriteXorMappedAddress(mapped);

        Assert.True(StunMessage.TryParse(buffer.AsSpan(0, writer.ByteCount), out StunMessage message));
        Assert.Equal(mapped, message.XorMappedAddress);
        Assert.Equal(mapped.IsIPv4 ? 32 : 44, writer.ByteCount);
    }

    [Theory]
    [InlineData(400, "Bad Request")]
    [InlineData(420, "Unknown Attribute")]
    [InlineData(487, "Role Conflict")]
    public void An_error_names_its_code_and_reason(int code, string reason)
    {
        var buffer = new byte[128];
        var writer = new StunMessageWriter(buffer, StunClass.ErrorResponse, s_transaction);
        writer.WriteErrorCode((StunErrorCode)code);
        writer.WriteUnknownAttributes([0x7F01, 0x0033, 0x0034]);

        Assert.True(StunMessage.TryParse(buffer.AsSpan(0, writer.ByteCount), out StunMessage message));
        Assert.Equal(StunClass.ErrorResponse, message.Class);
        Assert.Equal((StunErrorCode)code, message.ErrorCode);
        Assert.Contains(reason, Encoding.ASCII.GetString(buffer));
        StunAttributeEnumerator attributes = message.Attributes;
        Assert.True(attributes.MoveNext() && attributes.MoveNext());
        Assert.Equal(StunAttributeType.UnknownAttributes, attributes.Current.Type);
        Assert.Equal([0x7F, 0x01, 0x00, 0x33, 0x00, 0x34], attributes.Current.Value.ToArray());
    }
}
