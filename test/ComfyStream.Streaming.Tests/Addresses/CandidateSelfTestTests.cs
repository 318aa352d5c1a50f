using System.Net;
using System.Net.Sockets;
using ComfyStream.Streaming.Addresses;
using ComfyStream.Streaming.Tests.Running;
using ComfyStream.Transport;

namespace ComfyStream.Streaming.Tests.Addresses;

/// <summary>What the relay finds out about its own candidates.</summary>
[Collection(OneRelayAtATime.Name)]
public sealed class CandidateSelfTestTests
{
    [Fact]
    public async Task When_all_answer_one_line_says_so_and_nothing_is_left_of_the_test()
    {
        await using var test = new TestRelay(options => options with { EventLoops = 2, IceTcpPort = 0 });
        await test.Relay.TestCandidatesAsync();
        IReadOnlyList<CandidateReport> reports = test.Relay.CandidateReports;
        Assert.All(reports, report => Assert.Equal((CandidateState.Answers, ""), (report.State, report.Reason)));
        Assert.Equal(test.Relay.MediaEndPoints.Select(end => end.ToString()), reports.Where(report => report.Protocol == "udp").Select(report => report.Address));
        Assert.Equal([test.Relay.IceTcpEndPoint!.ToString()], reports.Where(report => report.Protocol == "tcp").Select(report => report.Address));
        Assert.StartsWith("Media: answers on this machine at 127.0.0.1:", Assert.Single(MediaLines(test)), StringComparison.Ordinal);
        await TestRelay.Until(() => test.Relay.Loops.All(loop => loop.Counters.Peers == 0), "nobody answers any more");
    }

    [Fact]
    public async Task A_port_of_another_program_is_told()
    {
        using var other = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)other.Client.LocalEndPoint!).Port;
        _ = AnswerAsync(other);
        Assert.Equal("another program answers there.", (await TestAsync(new AdvertisedAddress("127.0.0.1", port, AdvertisedProtocol.Udp), CandidateState.Dead)).Reason);
    }

    [Fact]
    public async Task A_TCP_port_of_another_program_is_told()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;
        Assert.Equal("another program answers there.", (await TestAsync(new AdvertisedAddress("127.0.0.1", port, AdvertisedProtocol.Tcp), CandidateState.Dead)).Reason);
    }

    [Fact]
    public async Task A_port_that_nobody_listens_at_is_told()
    {
        int port;
        using (var free = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0)))
            port = ((IPEndPoint)free.Client.LocalEndPoint!).Port;
        Assert.Contains("nothing of this relay listens there", (await TestAsync(new AdvertisedAddress("127.0.0.1", port, AdvertisedProtocol.Udp), CandidateState.Dead)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_swallows_everything_on_this_machine_is_behind_a_firewall()
    {
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)silent.Client.LocalEndPoint!).Port;
        Assert.Contains("a firewall on this machine drops UDP", (await TestAsync(new AdvertisedAddress("127.0.0.1", port, AdvertisedProtocol.Udp), CandidateState.Dead)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_public_address_that_does_not_lead_back_is_unchecked_and_not_called_dead()
    {
        CandidateReport report = await TestAsync(new AdvertisedAddress("203.0.113.7", 40000, AdvertisedProtocol.Udp), CandidateState.Unchecked);
        Assert.Equal(("203.0.113.7:40000", "udp"), (report.Address, report.Protocol));
        Assert.Contains("not an address of this machine", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ending_does_not_wait_for_a_test_that_goes_on()
    {
        Task testing;
        await using (var test = new TestRelay(options => options with { Advertise = [new AdvertisedAddress("203.0.113.7")] }))
            testing = test.Relay.TestCandidatesAsync();
        Assert.True(testing.IsCompletedSuccessfully);
    }

    private static async Task<CandidateReport> TestAsync(AdvertisedAddress address, CandidateState expected)
    {
        await using var test = new TestRelay(options => options with { Advertise = [address], IceTcpPort = 0 });
        await test.Relay.TestCandidatesAsync();
        CandidateReport report = Assert.Single(test.Relay.CandidateReports);
        Assert.Equal(expected, report.State);
        string line = Assert.Single(MediaLines(test));
        Assert.Contains($"{report.Address}/{report.Protocol}", line, StringComparison.Ordinal);
        Assert.EndsWith(report.Reason, line, StringComparison.Ordinal);
        return report;
    }

    private static IReadOnlyList<string> MediaLines(TestRelay test) => [.. test.Log.Lines.Where(line => line.StartsWith("Media:", StringComparison.Ordinal))];

    private static async Task AnswerAsync(UdpClient other)
    {
        try
        {
            while (true)
            {
                UdpReceiveResult request = await other.ReceiveAsync();
                await other.SendAsync("no STUN"u8.ToArray(), request.RemoteEndPoint);
            }
        }
        catch (Exception end) when (end is ObjectDisposedException or SocketException)
        {
        }
    }
}
