using System.Net;
using System.Net.Sockets;
using ComfyStream.Streaming.Addresses;
using ComfyStream.Streaming.Tests.Running;

namespace ComfyStream.Streaming.Tests.Addresses;

/// <summary>Announced addresses that change while the relay runs.</summary>
[Collection(OneRelayAtATime.Name)]
public sealed class AnnouncedCandidatesTests
{
    private int _lookUps;

    [Fact]
    public async Task Row_4_3_6_A_host_name_is_looked_up_at_start_and_followed_when_its_address_changes_but_never_for_a_request()
    {
        string address = "203.0.113.9";
        await using var test = Start(_ => [IPAddress.Parse(address)]);
        Assert.Equal(["203.0.113.9 40000"], await CandidatesAsync(test));
        address = "203.0.113.10";
        Assert.Equal(["203.0.113.9 40000"], await CandidatesAsync(test));
        Assert.Equal(1, _lookUps);

        test.Relay.Candidates.Refresh();
        Assert.Equal(["203.0.113.10 40000"], await CandidatesAsync(test));
        Assert.Contains("Media: clients are told of 203.0.113.10:40000/udp from now on, and no more of 203.0.113.9:40000/udp", test.Log.Lines);
    }

    [Fact]
    public async Task Row_4_3_6_A_name_server_that_fails_later_changes_nothing_and_is_told_once()
    {
        bool fails = false;
        await using var test = Start(_ => fails ? throw new SocketException((int)SocketError.TryAgain) : [IPAddress.Parse("203.0.113.9")]);
        fails = true;
        test.Relay.Candidates.Refresh();
        test.Relay.Candidates.Refresh();
        Assert.Equal(["203.0.113.9 40000"], await CandidatesAsync(test));
        Assert.Single(test.Log.Lines, line => line.StartsWith("Media: the address of relay.test cannot be found now", StringComparison.Ordinal));
    }

    [Fact]
    public void Row_4_3_6_A_name_without_an_address_at_start_is_refused_with_the_name()
    {
        AddressException refused = Assert.Throws<AddressException>(() => Start(_ => throw new SocketException((int)SocketError.HostNotFound)));
        Assert.Contains("relay.test", refused.Message, StringComparison.Ordinal);
        Assert.Empty(TestRelay.RelayThreads());
    }

    [Fact]
    public async Task Row_4_3_6_An_interface_that_comes_later_is_announced_when_the_system_tells_of_it()
    {
        List<LocalInterface> machine = [new("eth0", [IPAddress.Parse("192.0.2.2")])];
        await using var test = new TestRelay(options => options with { MediaHost = IPAddress.IPv6Any, Interfaces = () => [.. machine] });
        Assert.Equal(["192.0.2.2"], test.Relay.AnnouncedAddresses);
        machine.Add(new LocalInterface("wlan0", [IPAddress.Parse("198.51.100.3")]));
        test.Relay.Candidates.Refresh();
        Assert.Equal(["192.0.2.2", "198.51.100.3"], test.Relay.AnnouncedAddresses);

        // All gone: what was announced stays, for the network may come back.
        machine.Clear();
        machine.Add(new LocalInterface("eth0", [IPAddress.Parse("192.0.2.77")]));
        test.Relay.Candidates.Refresh();
        Assert.Equal(["192.0.2.77"], test.Relay.AnnouncedAddresses);
    }

    private TestRelay Start(Func<string, IReadOnlyList<IPAddress>> resolve) => new(options => options with
    {
        Advertise = [new AdvertisedAddress("relay.test", 40000, AdvertisedProtocol.Udp)],
        Resolve = name =>
        {
            Assert.Equal("relay.test", name);
            _lookUps++;
            return resolve(name);
        },
    });

    private static async Task<string[]> CandidatesAsync(TestRelay test)
    {
        string offer = Offers.Make(only: null, publishes: false);
        SessionResult answered = await test.Relay.SubscribeAsync(new SubscribeRequest("cam", offer, TestWorkflow.Passthrough), TestContext.Current.CancellationToken);
        await test.Relay.TerminateAsync(SessionKind.Subscriber, answered.Id);
        return [.. answered.AnswerSdp.Split("\r\n").Where(line => line.StartsWith("a=candidate:", StringComparison.Ordinal)).Select(line => string.Join(' ', line.Split(' ')[4..6]))];
    }
}
