using System.Text;
using ComfyStream.WebRtc.Stun;
using Xunit;

namespace ComfyStream.WebRtc.Tests.Stun;

public sealed class StunMessageTests
{
    private const string Password = "0123456789012345678901";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void T18_integrity_is_verified_with_and_without_a_fingerprint(bool hasFingerprint)
    {
        StunDatagram datagram = StunDatagram.Request("abcd:efgh").WithIntegrity(Password);
        if (hasFingerprint)
            datagram.WithFingerprint();

        Assert.True(StunMessage.TryParse(datagram.Build(), out StunMessage message));
        Assert.True(message.VerifyIntegrity(Encoding.ASCII.GetBytes(Password)));
        Assert.Equal(hasFingerprint, message.HasFingerprint);
        Assert.True(message.VerifyFingerprintIfPresent());
    }

    [Fact]
    public void A_message_without_integrity_is_not_authenticated_by_any_password()
    {
        Assert.True(StunMessage.TryParse(StunDatagram.Request("abcd:efgh").Build(), out StunMessage message));
        Assert.False(message.VerifyIntegrity(""u8));
        Assert.False(message.VerifyIntegrity(Encoding.ASCII.GetBytes(Password)));
    }

    [Fact]
    public void T12_attributes_after_integrity_are_ignored()
    {
        byte[] datagram = StunDatagram.Request("abcd:efgh").WithIntegrity(Password)
            .WithPriority().WithUseCandidate().WithControlled().With(0x7F01, 1, 2).With(0x0008, new byte[20]).WithFingerprint().Build();

        Assert.True(StunMessage.TryParse(datagram, out StunMessage message));
        Assert.Null(message.Priority);
        Assert.False(message.HasUseCandidate);
        Assert.Null(message.IceControlled);
        Assert.Equal(0, message.UnknownRequiredCount);
        Assert.Equal(0, message.ReadUnknownRequired(new ushort[4]));
        Assert.True(message.VerifyIntegrity(Encoding.ASCII.GetBytes(Password)));
    }

    [Fact]
    public void T12_anything_after_the_fingerprint_makes_it_no_stun_message()
    {
        byte[] datagram = StunDatagram.Request("abcd:efgh").WithFingerprint().WithPriority().Build();

        Assert.False(StunMessage.TryParse(datagram, out _));
    }

    [Fact]
    public void T13_unknown_attributes_that_must_be_understood_are_listed()
    {
        byte[] datagram = StunDatagram.Request("abcd:efgh")
            .With(0x7F01, 1).With(0xC057, 1, 2, 3, 4).With(0x0033).With(0x8022, 1).Build();

        Assert.True(StunMessage.TryParse(datagram, out StunMessage message));
        Assert.Equal(2, message.UnknownRequiredCount);
        var types = new ushort[4];
        Assert.Equal(2, message.ReadUnknownRequired(types));
        Assert.Equal([0x7F01, 0x0033, 0, 0], types);
        Assert.Equal(1, message.ReadUnknownRequired(types.AsSpan(0, 1)));
    }

    [Fact]
    public void Of_an_attribute_that_comes_twice_the_first_counts()
    {
        byte[] datagram = StunDatagram.Request("abcd:efgh").With(0x0006, 1, 2, 3).WithPriority(5).WithPriority(6).Build();

        Assert.True(StunMessage.TryParse(datagram, out StunMessage message));
        Assert.Equal("abcd:efgh", Encoding.ASCII.GetString(message.Username));
        Assert.Equal(5u, message.Priority);
    }

    [Theory]
    [InlineData(0x0024, 3)]
    [InlineData(0x0024, 8)]
    [InlineData(0x8029, 4)]
    [InlineData(0x802A, 12)]
    [InlineData(0x0020, 4)]
    [InlineData(0x0009, 3)]
    public void A_value_of_the_wrong_length_is_noted_and_not_read(int type, int valueBytes)
    {
        byte[] datagram = StunDatagram.Request("abcd:efgh").With((ushort)type, new byte[valueBytes]).Build();

        Assert.True(StunMessage.TryParse(datagram, out StunMessage message));
        Assert.True(message.IsMalformed);
        Assert.Null(message.Priority);
        Assert.Null(message.IceControlled);
        Assert.Null(message.IceControlling);
        Assert.Null(message.XorMappedAddress);
        Assert.Null(message.ErrorCode);
    }

    [Theory]
    [InlineData(0x0008, 16)]
    [InlineData(0x0008, 32)]
    [InlineData(0x8028, 0)]
    [InlineData(0x8028, 8)]
    public void Integrity_and_fingerprint_of_a_wrong_length_make_it_no_stun_message(int type, int valueBytes)
    {
        Assert.False(StunMessage.TryParse(StunDatagram.Request("abcd:efgh").With((ushort)type, new byte[valueBytes]).Build(), out _));
    }

    [Fact]
    public void T18_the_length_field_must_be_that_of_the_datagram()
    {
        byte[] datagram = StunDatagram.Request("abcd:efgh").WithPriority().Build();
        Assert.True(StunMessage.TryParse(datagram, out _));

        Assert.False(StunMessage.TryParse([.. datagram, 0, 0, 0, 0], out _));
        Assert.False(StunMessage.TryParse(datagram.AsSpan(0, datagram.Length - 8), out _));
    }

    [Fact]
    public void A_datagram_longer_than_any_stun_message_is_refused()
    {
        byte[] longest = new StunDatagram().With(0x8022, new byte[StunMessage.MaxMessageBytes - 24]).Build();
        byte[] tooLong = new StunDatagram().With(0x8022, new byte[StunMessage.MaxMessageBytes - 20]).Build();

        Assert.True(StunMessage.TryParse(longest, out _));
        Assert.False(StunMessage.TryParse(tooLong, out _));
    }

    [Fact]
    public void T19_a_user_name_of_509_bytes_is_read()
    {
        string username = new string('a', 252) + ":" + new string('b', 256);

        Assert.True(StunMessage.TryParse(StunDatagram.Request(username).Build(), out StunMessage message));
        Assert.Equal(username, Encoding.ASCII.GetString(message.Username));
    }

    [Theory]
    [InlineData("nocolon")]
    [InlineData(":remote")]
    [InlineData("")]
    public void A_user_name_without_a_first_part_finds_no_session(string username)
    {
        Assert.False(StunMessage.TryReadUserFragment(StunDatagram.Request(username).Build(), out _));
    }

    [Theory]
    [InlineData(0x0011)]
    [InlineData(0x0101)]
    [InlineData(0x0111)]
    [InlineData(0x0200)]
    public void Only_a_binding_request_finds_a_session(int type)
    {
        byte[] datagram = new StunDatagram((ushort)type).With(0x0006, "abcd:efgh"u8).Build();

        Assert.False(StunMessage.TryReadUserFragment(datagram, out _));
    }

    [Fact]
    public void A_user_name_after_the_integrity_finds_no_session()
    {
        byte[] datagram = new StunDatagram().WithIntegrity(Password).With(0x0006, "abcd:efgh"u8).Build();

        Assert.False(StunMessage.TryReadUserFragment(datagram, out _));
    }

    [Fact]
    public void A_changed_fingerprint_is_noticed()
    {
        byte[] datagram = StunDatagram.Request("abcd:efgh").WithFingerprint().Build();
        datagram[^1] ^= 1;

        Assert.True(StunMessage.TryParse(datagram, out StunMessage message));
        Assert.False(message.VerifyFingerprintIfPresent());
    }
}
