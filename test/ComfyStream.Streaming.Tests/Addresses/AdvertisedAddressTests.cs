using System.Net;
using ComfyStream.Streaming.Addresses;

namespace ComfyStream.Streaming.Tests.Addresses;

/// <summary>What an operator writes for --advertise.</summary>
public sealed class AdvertisedAddressTests
{
    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7", null, AdvertisedProtocol.Any)]
    [InlineData("203.0.113.7:40000", "203.0.113.7", 40000, AdvertisedProtocol.Any)]
    [InlineData("203.0.113.7:443/tcp", "203.0.113.7", 443, AdvertisedProtocol.Tcp)]
    [InlineData("203.0.113.7/UDP", "203.0.113.7", null, AdvertisedProtocol.Udp)]
    [InlineData("2001:db8::1", "2001:db8::1", null, AdvertisedProtocol.Any)]
    [InlineData("[2001:db8::1]", "2001:db8::1", null, AdvertisedProtocol.Any)]
    [InlineData("[2001:db8::1]:40000/udp", "2001:db8::1", 40000, AdvertisedProtocol.Udp)]
    [InlineData("relay.example.org", "relay.example.org", null, AdvertisedProtocol.Any)]
    [InlineData("relay.example.org:40000", "relay.example.org", 40000, AdvertisedProtocol.Any)]
    [InlineData("localhost", "localhost", null, AdvertisedProtocol.Any)]
    [InlineData("interfaces", "interfaces", null, AdvertisedProtocol.Any)]
    [InlineData("interfaces/udp", "interfaces", null, AdvertisedProtocol.Udp)]
    public void Row_4_3_6_An_address_or_a_name_may_have_a_mapped_port_and_a_protocol(string text, string host, int? port, AdvertisedProtocol protocol)
    {
        Assert.True(AdvertisedAddress.TryParse(text, out AdvertisedAddress? address, out string problem), problem);
        Assert.Equal(new AdvertisedAddress(host, port, protocol), address);
        Assert.True(AdvertisedAddress.TryParse(address.ToString(), out AdvertisedAddress? again, out _));
        Assert.Equal(address, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    [InlineData("[::]:8890")]
    [InlineData("255.255.255.255")]
    [InlineData("239.1.2.3")]
    [InlineData("ff02::1")]
    [InlineData("203.0.113.7:0")]
    [InlineData("203.0.113.7:65536")]
    [InlineData("203.0.113.7:")]
    [InlineData("203.0.113.300")]
    [InlineData("203.0.113.7:80:80")]
    [InlineData("a b")]
    [InlineData("relay_1.example.org/sctp")]
    [InlineData("http://relay.example.org")]
    [InlineData("interfaces:8890")]
    public void What_nobody_can_send_to_is_refused_with_a_reason(string text)
    {
        Assert.False(AdvertisedAddress.TryParse(text, out _, out string problem));
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void An_address_of_the_base_library_is_one_with_the_ports_as_they_are() =>
        Assert.Equal(new AdvertisedAddress("127.0.0.1"), (AdvertisedAddress)IPAddress.Loopback);
}
