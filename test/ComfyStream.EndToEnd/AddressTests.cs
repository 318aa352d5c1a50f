using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using ComfyStream.EndToEnd.Links;
using ComfyStream.EndToEnd.Processes;

namespace ComfyStream.EndToEnd;

/// <summary>Announced addresses where networks are as they are in the field: a router that maps ports, a firewall, an address that comes later.</summary>
public sealed class AddressTests
{
    private const string PublicAddress = "203.0.113.7";
    private const int PublicPort = 40000;
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Row_4_3_6_Chromium_plays_at_a_public_address_whose_port_a_router_maps()
    {
        await using var parts = new Parts();
        LinkEmulator link = parts.Add(Conditions.Require(LinkConditions.Clear));
        int port = FreePort(link.OuterAddress);
        var relay = parts.Add(new LinkRelay(link, "--media-port", $"{port}", "--advertise", $"{PublicAddress}:{PublicPort}/udp", "--advertise", "interfaces"));
        await relay.InitializeAsync();
        parts.Add(await ScenePublisher.StartAsync(relay.Whip("mapped")));

        // The viewer's network knows no other way to the relay's media than the public one.
        link.Inside.Run("nft", "add", "table", "ip", "router");
        link.Inside.Run("nft", "add", "chain", "ip", "router", "out", "{ type nat hook output priority -100; }");
        link.Inside.Run("nft", "add", "rule", "ip", "router", "out", "ip", "daddr", PublicAddress, "udp", "dport", $"{PublicPort}", "dnat", "to", $"{link.OuterAddress}:{port}");
        link.Inside.Run("nft", "add", "chain", "ip", "router", "wall", "{ type filter hook output priority -200; }");
        link.Inside.Run("nft", "add", "rule", "ip", "router", "wall", "ip", "daddr", "!=", PublicAddress, "meta", "l4proto", "udp", "drop");
        LinkBrowser browser = parts.Add(await LinkBrowser.StartAsync(link));
        LinkPage viewer = await browser.WatchAsync(relay.Whep("mapped"));
        await viewer.Lab.FramesAsync(30);
        await Quadrants.ShownAsync(viewer.Lab, Quadrants.Colours);
        await viewer.Lab.ShowAsync("mapped");
        Assert.Contains(relay.Lines, line => line.Contains($"{PublicAddress}:{PublicPort}/udp could not be checked from here", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_self_test_is_one_line_where_all_answers_and_tells_of_addresses_that_come_later()
    {
        using NetworkNamespace network = Make();
        await using ChildProcess relay = Start(network);
        Assert.EndsWith("Media: answers on this machine at 192.0.2.50:8890/udp, 192.0.2.50:8890/tcp", await relay.LineWithAsync("Media: ", _limit), StringComparison.Ordinal);
        network.Run("ip", "address", "add", "192.0.2.51/24", "dev", "cam0");
        await relay.LineWithAsync("clients are told of 192.0.2.50, 192.0.2.51 from now on", _limit);
        await relay.LineWithAsync("Media: answers on this machine at 192.0.2.50:8890/udp, 192.0.2.51:8890/udp", _limit);
        Assert.DoesNotContain(relay.Lines, line => line.StartsWith("WARNING: Media", StringComparison.Ordinal));
        await EndAsync(relay);
    }

    [Theory]
    [InlineData("input", "drops UDP")]
    [InlineData("output", "forbids to send UDP")]
    public async Task The_self_test_names_a_firewall_on_this_machine(string chain, string told)
    {
        using NetworkNamespace network = Make();
        network.Run("nft", "add", "table", "inet", "wall");
        network.Run("nft", "add", "chain", "inet", "wall", chain, $"{{ type filter hook {chain} priority 0; }}");
        network.Run("nft", "add", "rule", "inet", "wall", chain, "udp", "dport", "8890", "drop");
        await using ChildProcess relay = Start(network);
        string line = await relay.LineWithAsync("WARNING: Media: 192.0.2.50:8890/udp does not answer", _limit);
        Assert.Contains(told, line, StringComparison.Ordinal);
        await EndAsync(relay);
    }

    /// <summary>A network of its own with an interface and a bridge of containers.</summary>
    private static NetworkNamespace Make()
    {
        NetworkNamespace network;
        try
        {
            network = NetworkNamespace.Create();
        }
        catch (InvalidOperationException failure)
        {
            Assert.Skip($"Needs network namespaces and the right to make them (root): {failure.Message}");
            throw;
        }

        network.Run("ip", "link", "set", "lo", "up");
        network.Run("ip", "link", "add", "cam0", "type", "veth", "peer", "name", "veth7");
        network.Run("ip", "link", "add", "docker0", "type", "bridge");
        network.Run("ip", "address", "add", "192.0.2.50/24", "dev", "cam0");
        network.Run("ip", "address", "add", "172.17.0.1/16", "dev", "docker0");
        foreach (string device in new[] { "docker0", "veth7", "cam0" })
            network.Run("ip", "link", "set", device, "addrgenmode", "none", "up");
        return network;
    }

    private static ChildProcess Start(NetworkNamespace network) => ChildProcess.Start(
        network.Prefix[0],
        [.. network.Prefix.Skip(1), "dotnet", Path.Combine(AppContext.BaseDirectory, "comfystream.dll"), "serve", "--host", "0.0.0.0", "--port", "0", "--ice-server", "none"]);

    private static async Task EndAsync(ChildProcess relay)
    {
        relay.Signal(PosixSignal.SIGTERM);
        Assert.Equal(0, await relay.ExitAsync(_limit));
    }

    private static int FreePort(IPAddress address)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(address, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
