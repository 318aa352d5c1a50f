using System.Net;
using ComfyStream.Streaming.Addresses;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.Streaming.Tests.Addresses;

/// <summary>Which addresses answers announce.</summary>
public sealed class AddressChoiceTests
{
    private static readonly LocalInterface[] _machine =
    [
        new("lo", [IPAddress.Loopback, IPAddress.IPv6Loopback]),
        new("eth0", [IPAddress.Parse("fe80::1%2"), IPAddress.Parse("2001:db8::2"), IPAddress.Parse("192.0.2.2")]),
        new("wg0", [IPAddress.Parse("10.8.0.1")]),
        new("docker0", [IPAddress.Parse("172.17.0.1")]),
        new("br-0a1b2c3d4e5f", [IPAddress.Parse("172.18.0.1")]),
    ];

    [Theory]
    [InlineData("", "::", false, "192.0.2.2 10.8.0.1 2001:db8::2")]
    [InlineData("", "0.0.0.0", false, "192.0.2.2 10.8.0.1")]
    [InlineData("", "::", true, "192.0.2.2 10.8.0.1 2001:db8::2 127.0.0.1")]
    [InlineData("", "192.0.2.2", true, "192.0.2.2")]
    [InlineData("!wg0", "::", false, "192.0.2.2 2001:db8::2")]
    [InlineData("wg*", "::", false, "10.8.0.1")]
    [InlineData("eth0 lo", "::", false, "192.0.2.2 2001:db8::2 127.0.0.1 ::1")]
    [InlineData("docker0", "::", false, "172.17.0.1")]
    [InlineData("* !docker0 !br-*", "::", false, "192.0.2.2 10.8.0.1 2001:db8::2 127.0.0.1 ::1")]
    public void Row_4_3_6_Those_of_the_interfaces_that_are_let_through_IPv4_first_and_loopback_only_when_asked(string filter, string boundTo, bool loopback, string expected) =>
        Assert.Equal(expected, Choose([], filter, boundTo, loopback));

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("203.0.113.7:40000 interfaces", "203.0.113.7:40000 192.0.2.2 10.8.0.1 2001:db8::2")]
    [InlineData("relay.test:40000", "203.0.113.9:40000 [2001:db8::9]:40000")]
    [InlineData("203.0.113.7:443/tcp 203.0.113.7", "203.0.113.7:443/tcp 203.0.113.7")]
    public void Row_4_3_6_Or_those_that_are_advertised_in_their_order(string advertise, string expected) =>
        Assert.Equal(expected, Choose(advertise.Split(' '), "", "::", loopback: false));

    [Fact]
    public void Row_4_3_6_A_name_gives_no_IPv6_to_sockets_without_it() =>
        Assert.Equal("203.0.113.9", Choose(["relay.test"], "", "0.0.0.0", loopback: false));

    [Fact]
    public void A_machine_without_a_network_announces_loopback()
    {
        var choice = new AddressChoice([], new InterfaceFilter(), announcesLoopback: false);
        Assert.Equal(["127.0.0.1"], choice.Choose(IPAddress.IPv6Any, [_machine[0], _machine[3]], _ => []).Select(address => address.ToString()));
    }

    [Fact]
    public void Interfaces_that_leave_nothing_are_told_with_those_that_there_are()
    {
        AddressException none = Assert.Throws<AddressException>(() => Choose([], "eth7", "::", loopback: false));
        Assert.Contains("eth7", none.Message, StringComparison.Ordinal);
        Assert.Contains("lo, eth0, wg0", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Row_4_3_6_Candidates_have_the_mapped_ports_of_their_loop_and_fall_in_preference()
    {
        AnnouncedAddress[] addresses =
        [
            new(IPAddress.Parse("203.0.113.7"), 40000), new(IPAddress.Parse("203.0.113.8"), 443, AdvertisedProtocol.Tcp), new(IPAddress.Parse("192.0.2.2")),
        ];
        var ports = new MediaPortNumbers(IPAddress.IPv6Any, [8890, 8891], Tcp: 8892);
        IReadOnlyList<IceCandidate>[] candidates = [LocalCandidates.Create(addresses, ports, 0), LocalCandidates.Create(addresses, ports, 1)];
        Assert.Equal(["203.0.113.7:40000", "192.0.2.2:8890"], candidates[0].Where(candidate => !candidate.IsTcp).Select(candidate => candidate.Address.ToString()));
        Assert.Equal(["203.0.113.7:40001", "192.0.2.2:8891"], candidates[1].Where(candidate => !candidate.IsTcp).Select(candidate => candidate.Address.ToString()));
        Assert.All(candidates, all => Assert.Equal(
            ["203.0.113.7:40000", "203.0.113.8:443", "192.0.2.2:8892"], all.Where(candidate => candidate.IsTcp).Select(candidate => candidate.Address.ToString())));
        Assert.All(LocalCandidates.Create(addresses, ports with { Tcp = null }, 0), candidate => Assert.False(candidate.IsTcp));
        Assert.Equal(candidates[0].Count, candidates[0].Select(candidate => candidate.Foundation).Distinct().Count());
        Assert.Equal(candidates[0].OrderByDescending(candidate => candidate.Priority), candidates[0]);
    }

    private static string Choose(IReadOnlyList<string> advertise, string filter, string boundTo, bool loopback)
    {
        AdvertisedAddress[] entries = [.. advertise.Select(text => AdvertisedAddress.TryParse(text, out AdvertisedAddress? entry, out string problem) ? entry : throw new ArgumentException(problem))];
        var choice = new AddressChoice(entries, new InterfaceFilter(filter.Split(' ', StringSplitOptions.RemoveEmptyEntries)), loopback);
        return string.Join(' ', choice.Choose(IPAddress.Parse(boundTo), _machine, _ => [IPAddress.Parse("2001:db8::9"), IPAddress.Parse("203.0.113.9")]));
    }
}
