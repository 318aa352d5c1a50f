using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;

namespace ComfyStream.EndToEnd.Links;

/// <summary>The emulator itself, with real packets.</summary>
public sealed class LinkEmulatorTests
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Packets_cross_both_ways_and_are_counted()
    {
        await using LinkEmulator link = Conditions.Require(Conditions.Far);
        using var outside = new UdpClient(new IPEndPoint(link.OuterAddress, 0));
        Task inside = Task.Run(() => link.Inside.Run("bash", "-c", Ask(link, outside)), TestContext.Current.CancellationToken);
        UdpReceiveResult question = await outside.ReceiveAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(_limit, TestContext.Current.CancellationToken);
        Assert.Equal("ping\n", Encoding.ASCII.GetString(question.Buffer));
        Assert.Equal(link.InnerAddress, question.RemoteEndPoint.Address);

        await outside.SendAsync("pong\n"u8.ToArray(), question.RemoteEndPoint, TestContext.Current.CancellationToken);
        await inside.WaitAsync(_limit, TestContext.Current.CancellationToken);
        // The kernel sends packets of its own over a new device.
        Assert.True(link.ToOutside.Sent >= 1 && link.ToInside.Sent >= 1, $"{link.ToOutside}, {link.ToInside}");
        Assert.Equal((default, default), (link.ToOutside with { Sent = 0 }, link.ToInside with { Sent = 0 }));
    }

    [Fact]
    public async Task In_an_outage_nothing_crosses()
    {
        await using LinkEmulator link = Conditions.Require(LinkConditions.Clear);
        link.BeginOutage(TimeSpan.FromMinutes(1));
        using var outside = new UdpClient(new IPEndPoint(link.OuterAddress, 0));
        link.Inside.Run("bash", "-c", $"echo lost >/dev/udp/{link.OuterAddress}/{Port(outside)}");
        await Eventually.PassesAsync(() => Task.FromResult($"{link.ToOutside.LostInOutage}"), lost => lost != "0", "the packet is dropped");
        Assert.Equal(0, outside.Available);
    }

    [Fact]
    public async Task Two_links_at_once_do_not_meet_and_nothing_of_them_is_left()
    {
        string[] devices;
        string holder;
        await using (LinkEmulator one = Conditions.Require(LinkConditions.Clear))
        await using (LinkEmulator other = Conditions.Require(LinkConditions.Clear))
        {
            holder = $"/proc/{one.Inside.ProcessId}";
            devices = Devices();
            Assert.Equal(4, new[] { one.OuterAddress, one.InnerAddress, other.OuterAddress, other.InnerAddress }.Distinct().Count());
            Assert.Equal(2, devices.Length);
            Assert.True(Directory.Exists(holder));
        }

        Assert.Empty(Devices());
        Assert.False(Directory.Exists(holder));
    }

    private static string[] Devices() =>
        [.. NetworkInterface.GetAllNetworkInterfaces().Select(device => device.Name).Where(name => name.StartsWith($"cs{Environment.ProcessId}-", StringComparison.Ordinal))];

    private static int Port(UdpClient socket) => ((IPEndPoint)socket.Client.LocalEndPoint!).Port;

    private static string Ask(LinkEmulator link, UdpClient outside) =>
        $"exec 3<>/dev/udp/{link.OuterAddress}/{Port(outside)}; echo ping >&3; [ \"$(timeout 10 head -c 5 <&3)\" = pong ]";
}
