using System.Net;
using System.Net.Sockets;
using System.Text;
using ComfyStream.Transport.Tcp;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.Transport.Tests.Tcp;

/// <summary>The door in virtual time, its connections over the loopback device.</summary>
public sealed class TcpDoorTests : IDisposable
{
    private static readonly TimeSpan Start = TimeSpan.FromSeconds(100);

    private readonly List<(int Owner, TcpArrival Arrival)> _arrivals = [];
    private readonly List<Socket> _clients = [];
    private readonly TcpDoor _door;
    private bool _isRefusing;

    public TcpDoorTests() => _door = new TcpDoor(new IPEndPoint(IPAddress.IPv6Any, 0), (owner, arrival) =>
    {
        if (!_isRefusing)
            _arrivals.Add((owner, arrival));
        return !_isRefusing;
    });

    public void Dispose()
    {
        _door.Dispose();
        _clients.ForEach(client => client.Dispose());
        _arrivals.ForEach(arrival => arrival.Arrival.Socket.Dispose());
    }

    [Fact]
    public void Row_4_4_1_the_first_frame_brings_a_connection_to_the_loop_that_its_user_fragment_names()
    {
        foreach (int owner in (int[])[0, 7, 63])
        {
            byte[] check = Check(IceCredentials.Create(owner).UserFragment);
            Socket client = Connect(owner % 2 == 0 ? IPAddress.Loopback : IPAddress.IPv6Loopback);
            client.Send(StreamFrameReaderTests.Frame([check, Loopback.Pattern(30)]));
            TurnUntil(() => _arrivals.Count == 1);

            (int found, TcpArrival arrival) = _arrivals[0];
            Assert.Equal(owner, found);
            Assert.Equal(check, arrival.FirstFrame);

            // What follows is left for the loop.
            byte[] rest = new byte[100];
            Assert.Equal(StreamFrameReaderTests.Frame([Loopback.Pattern(30)]), rest[..arrival.Socket.Receive(rest)]);
            Assert.True(arrival.Socket.NoDelay);
            Assert.Equal(0, _door.NewcomerCount);
            arrival.Socket.Dispose();
            _arrivals.Clear();
        }
    }

    [Fact]
    public void Row_4_4_1_a_first_frame_may_come_byte_by_byte()
    {
        byte[] check = Check(IceCredentials.Create(3).UserFragment);
        Socket client = Connect();
        client.NoDelay = true;
        TurnUntil(() => _door.NewcomerCount == 1);
        foreach (byte value in StreamFrameReaderTests.Frame([check]))
        {
            Assert.Empty(_arrivals);
            client.Send([value]);
            _door.Turn(Start, TimeSpan.FromSeconds(1), -1);
        }

        TurnUntil(() => _arrivals.Count == 1);
        Assert.Equal(check, _arrivals[0].Arrival.FirstFrame);
    }

    [Fact]
    public void Row_4_4_1_who_says_nothing_or_too_little_is_closed_when_its_time_is_over()
    {
        Socket silent = Connect();
        Socket slow = Connect();
        slow.Send(StreamFrameReaderTests.Frame([Check("A123456789012345")])[..40]);
        TurnUntil(() => _door.NewcomerCount == 2);
        Assert.Equal(Start + TcpDoor.FirstFrameTime, _door.NextDeadline);

        _door.Turn(Start + TcpDoor.FirstFrameTime - TimeSpan.FromTicks(1), TimeSpan.Zero, -1);
        Assert.Equal(2, _door.NewcomerCount);
        _door.Turn(Start + TcpDoor.FirstFrameTime, TimeSpan.Zero, -1);

        Assert.Equal(0, _door.NewcomerCount);
        Assert.Equal(TimeSpan.MaxValue, _door.NextDeadline);
        Assert.True(IsEnded(silent));
        Assert.True(IsEnded(slow));
        Assert.Empty(_arrivals);
    }

    public static TheoryData<string, byte[]> WrongBeginnings => new()
    {
        { "length 0", [0, 0] },
        { "too short", [0, 19, .. new byte[19]] },
        { "too long", [2, 89] },
        { "HTTP", Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n") },
        { "TLS", [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3] },
        { "no STUN", StreamFrameReaderTests.Frame([Loopback.Pattern(100)]) },
        { "DTLS", StreamFrameReaderTests.Frame([[22, 254, 253, .. new byte[60]]]) },
        { "no user name", StreamFrameReaderTests.Frame([[0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42, .. new byte[12]]]) },
        { "a user fragment that is not ours", StreamFrameReaderTests.Frame([Check("short")]) },
        { "a response", StreamFrameReaderTests.Frame([[1, .. Check("A123456789012345").AsSpan(1)]]) },
    };

    [Theory, MemberData(nameof(WrongBeginnings))]
    public void Row_4_4_1_what_begins_with_no_check_of_ours_is_closed_at_once(string name, byte[] beginning)
    {
        Socket client = Connect();
        client.Send(beginning);
        TurnUntil(() => IsEnded(client));
        Assert.True(_arrivals.Count == 0, name);
        Assert.Equal(0, _door.NewcomerCount);
    }

    [Fact]
    public void Row_4_4_1_a_connection_that_no_loop_takes_is_closed()
    {
        _isRefusing = true;
        Socket client = Connect();
        client.Send(StreamFrameReaderTests.Frame([Check("A123456789012345")]));
        TurnUntil(() => IsEnded(client));
    }

    [Fact]
    public void Row_4_4_1_one_address_holds_no_more_than_its_share_and_makes_room_by_its_own_oldest()
    {
        Socket other = Connect(IPAddress.Parse("127.0.0.2"));
        TurnUntil(() => _door.NewcomerCount == 1);
        Socket oldest = Connect();
        TurnUntil(() => _door.NewcomerCount == 2);
        for (int i = 0; i < TcpDoor.MostOfOneAddress; i++)
            Connect();
        TurnUntil(() => IsEnded(oldest));

        Assert.Equal(1 + TcpDoor.MostOfOneAddress, _door.NewcomerCount);
        Assert.False(IsEnded(other));
    }

    [Fact]
    public void Row_4_4_1_with_all_places_taken_the_oldest_makes_room()
    {
        Socket oldest = Connect(IPAddress.Parse("127.0.1.1"));
        TurnUntil(() => _door.NewcomerCount == 1);
        for (int i = 0; i < TcpDoor.MostNewcomers; i++)
        {
            Connect(new IPAddress([127, 0, 2, (byte)(i / 8)]));
            if (i % 50 == 0)
                _door.Turn(Start, TimeSpan.Zero, -1);
        }

        TurnUntil(() => IsEnded(oldest));
        Assert.Equal(TcpDoor.MostNewcomers, _door.NewcomerCount);

        // Whoever comes is still served.
        Socket last = Connect();
        last.Send(StreamFrameReaderTests.Frame([Check("A123456789012345")]));
        TurnUntil(() => _arrivals.Count == 1);
    }

    [Fact]
    public void A_port_that_is_in_use_is_told()
    {
        var error = Assert.Throws<SocketException>(() => new TcpDoor(_door.LocalEndPoint, (_, _) => false));
        Assert.Equal(SocketError.AddressAlreadyInUse, error.SocketErrorCode);
    }

    /// <summary>A Binding request that names a user fragment, and that nobody signed.</summary>
    internal static byte[] Check(string userFragment, string peer = "peer")
    {
        byte[] name = Encoding.ASCII.GetBytes($"{userFragment}:{peer}");
        int padded = (name.Length + 3) & ~3;
        return
        [
            0, 1, 0, (byte)(4 + padded), 0x21, 0x12, 0xA4, 0x42, .. new byte[12],
            0, 6, 0, (byte)name.Length, .. name, .. new byte[padded - name.Length],
        ];
    }

    private static bool IsEnded(Socket client)
    {
        if (!client.Poll(0, SelectMode.SelectRead))
            return false;
        try
        {
            return client.Receive(new byte[1]) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private Socket Connect(IPAddress? from = null)
    {
        from ??= IPAddress.Loopback;
        var client = new Socket(from.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _clients.Add(client);
        client.Bind(new IPEndPoint(from, 0));
        client.Connect(new IPEndPoint(from.AddressFamily == AddressFamily.InterNetworkV6 ? from : IPAddress.Loopback, _door.LocalEndPoint.Port));
        return client;
    }

    private void TurnUntil(Func<bool> condition) =>
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                _door.Turn(Start, TimeSpan.FromMilliseconds(10), -1);
                return condition();
            },
            TimeSpan.FromSeconds(20)));
}
