using System.Net;
using System.Net.Sockets;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport.Tests;

public sealed class UdpSocketTests
{
    private static readonly (string Bound, string Asked)[] _addresses =
    [
        ("::", "127.0.0.1"),
        ("::", "127.0.0.2"),
        ("::", "::1"),
        ("0.0.0.0", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.2"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
    ];

    public static TheoryData<string, string, SocketMode> BoundAndAsked =>
        [.. from pair in _addresses from mode in Enum.GetValues<SocketMode>() select new TheoryDataRow<string, string, SocketMode>(pair.Bound, pair.Asked, mode)];

    [Theory]
    [MemberData(nameof(BoundAndAsked))]
    public void A_reply_leaves_from_the_address_that_was_asked(string bound, string asked, SocketMode mode)
    {
        Assert.SkipWhen((bound + asked).Contains(':') && !Socket.OSSupportsIPv6, "This machine has no IPv6.");
        using UdpSocket socket = UdpSocket.Open(new IPEndPoint(IPAddress.Parse(bound), 0), mode);
        using var receiver = new DatagramReceiver(socket);
        using var sender = new DatagramSender(socket);
        var askedEndPoint = new IPEndPoint(IPAddress.Parse(asked), socket.LocalEndPoint.Port);
        using var peer = new Socket(askedEndPoint.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 5000 };

        // A connected socket takes datagrams of the address that it connected to only.
        peer.Connect(askedEndPoint);
        peer.Send("question"u8);
        TransportPath path = default;
        Loopback.ReceiveAll(receiver, 1, (_, from) => path = from);
        "answer"u8.CopyTo(sender.GetBuffer());
        sender.Enqueue(new Transmit(path, 6, 6));

        Assert.True(sender.Flush());
        Assert.Equal("answer"u8.ToArray(), Loopback.Receive(peer));
        Assert.Equal(TransportAddress.From(askedEndPoint), path.Local);
        Assert.Equal(TransportAddress.From(Loopback.EndPointOf(peer)), path.Remote);
    }

    [Fact]
    public void A_port_in_use_is_refused_with_the_reason()
    {
        using UdpSocket first = UdpSocket.Open(new IPEndPoint(IPAddress.IPv6Any, 0));

        var exception = Assert.Throws<SocketException>(() => UdpSocket.Open(new IPEndPoint(IPAddress.IPv6Any, first.LocalEndPoint.Port)));

        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
    }

    [Fact]
    public void An_address_that_is_not_ours_is_refused_with_the_reason()
    {
        var exception = Assert.Throws<SocketException>(() => UdpSocket.Open(new IPEndPoint(IPAddress.Parse("198.51.100.7"), 0)));

        Assert.Equal(SocketError.AddressNotAvailable, exception.SocketErrorCode);
    }
}
