using System.Net;
using System.Text;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;

namespace ComfyStream.Transport.Tests;

public sealed class SessionTableTests : IDisposable
{
    private readonly DtlsIdentity _identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
    private readonly List<PeerPair> _pairs = [];
    private readonly SessionTable _table = new();

    public void Dispose()
    {
        foreach (PeerPair pair in _pairs)
        {
            pair.Client.Dispose();
            pair.Server.Dispose();
        }

        _identity.Dispose();
    }

    [Fact]
    public void A_peer_is_found_by_its_user_fragment_and_by_nothing_like_it()
    {
        PeerSlot slot = AddServer();
        byte[] userFragment = Encoding.ASCII.GetBytes(slot.Peer.LocalUserFragment);

        Assert.Same(slot, _table.Find(userFragment));
        Assert.Null(_table.Find(userFragment[1..]));
        Assert.Null(_table.Find([.. userFragment, (byte)'x']));
        Assert.Null(_table.Find([.. userFragment[..^1], 0xC3]));
        Assert.Null(_table.Find(new byte[600]));
        Assert.Null(_table.Find([]));
    }

    [Fact]
    public void A_peer_is_added_once()
    {
        PeerSlot slot = AddServer();

        Assert.Throws<InvalidOperationException>(() => _table.Add(slot));
        Assert.Equal(1, _table.Count);
    }

    [Fact]
    public void A_path_belongs_to_the_peer_that_authenticated_it_last()
    {
        PeerSlot first = AddServer();
        PeerSlot second = AddServer();
        _table.Map(first, Path(1));

        _table.Map(second, Path(1));
        _table.Remove(first);

        Assert.Same(second, _table.Find(Path(1)));
        Assert.Empty(first.Paths);
    }

    [Fact]
    public void Beyond_the_limit_the_oldest_path_goes_that_is_not_sent_on()
    {
        PeerSlot slot = AddServer();
        _table.NoteSendPath(slot, Path(1));

        for (int port = 1; port <= PeerSlot.MaxPaths + 3; port++)
            _table.Map(slot, Path(port));

        Assert.Equal(PeerSlot.MaxPaths, slot.Paths.Count);
        Assert.Same(slot, _table.Find(Path(1)));
        Assert.Null(_table.Find(Path(2)));
        Assert.Null(_table.Find(Path(4)));
        Assert.Same(slot, _table.Find(Path(5)));
    }

    [Fact]
    public void W17_A_peer_that_left_is_not_found_any_more()
    {
        PeerSlot slot = AddServer();
        _table.Map(slot, Path(1));

        _table.Remove(slot);

        Assert.Null(_table.Find(Path(1)));
        Assert.Null(_table.Find(Encoding.ASCII.GetBytes(slot.Peer.LocalUserFragment)));
        Assert.Null(_table.Find(slot.Peer));
        Assert.Equal(0, _table.Count);
    }

    [Fact]
    public void After_an_ICE_restart_a_peer_is_found_by_its_new_user_fragment_and_on_its_paths()
    {
        PeerSlot slot = AddServer();
        _table.Map(slot, Path(1));
        byte[] before = Encoding.ASCII.GetBytes(slot.Peer.LocalUserFragment);

        Assert.True(slot.Peer.RestartIce(IceCredentials.Create(), IceCredentials.Create()));
        _table.NoteUserFragment(slot);

        Assert.Same(slot, _table.Find(Encoding.ASCII.GetBytes(slot.Peer.LocalUserFragment)));
        Assert.Same(slot, _table.Find(Path(1)));
        Assert.Null(_table.Find(before));

        _table.Remove(slot);
        Assert.Null(_table.Find(Encoding.ASCII.GetBytes(slot.Peer.LocalUserFragment)));
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public void What_a_controlling_peer_sends_from_any_address_is_answered_to_whichever_it_was(string local)
    {
        PeerSlot slot = AddClient();
        _table.NoteSendPath(slot, Path(7) with { Local = TransportAddress.From(IPAddress.Parse(local), 4000) });

        Assert.Same(slot, _table.Find(Path(7)));
        Assert.Null(_table.Find(Path(8)));

        _table.Remove(slot);
        Assert.Null(_table.Find(Path(7)));
    }

    [Fact]
    public void A_lite_peers_sending_path_is_not_made_its_own()
    {
        PeerSlot slot = AddServer();

        _table.NoteSendPath(slot, Path(7));

        Assert.Null(_table.Find(Path(7)));
    }

    [Fact]
    public void Finding_allocates_nothing()
    {
        PeerSlot slot = AddServer();
        byte[] userFragment = Encoding.ASCII.GetBytes(slot.Peer.LocalUserFragment);
        TransportPath path = Path(1);
        _table.Map(slot, path);

        long allocated = 0;
        for (int round = 0; round < 100; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            _ = _table.Find(userFragment);
            _ = _table.Find(path);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    private static TransportPath Path(int remotePort) =>
        new(TransportAddress.From(IPAddress.Parse("192.0.2.1"), 4000), TransportAddress.From(IPAddress.Parse("198.51.100.9"), remotePort));

    private PeerSlot AddServer() => Add(MakePair().Server);

    private PeerSlot AddClient() => Add(MakePair().Client);

    private PeerPair MakePair()
    {
        var pair = new PeerPair(_identity, new IPEndPoint(IPAddress.Loopback, 1), new IPEndPoint(IPAddress.Loopback, 2));
        _pairs.Add(pair);
        return pair;
    }

    private PeerSlot Add(PeerConnection peer)
    {
        var slot = new PeerSlot(peer, new RecordingHandler());
        _table.Add(slot);
        return slot;
    }
}
