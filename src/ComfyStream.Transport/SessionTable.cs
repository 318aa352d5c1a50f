using System.Buffers;
using System.Text;
using ComfyStream.WebRtc;

namespace ComfyStream.Transport;

/// <summary>
/// Finds the peer of a datagram: by the path that it came on, or by the local user fragment of a STUN request. Owned by the loop's
/// thread; finding allocates nothing.
/// A path becomes a peer's only when the peer says that it authenticated it, so nobody can take another's path over by knowing its
/// address, and what comes from elsewhere is dropped before any work.
/// </summary>
internal sealed class SessionTable
{
    private readonly Dictionary<TransportPath, PeerSlot> _byPath = [];
    private readonly Dictionary<string, PeerSlot> _byUserFragment = [];
    private readonly Dictionary<string, PeerSlot>.AlternateLookup<ReadOnlySpan<char>> _byUserFragmentSpan;
    private readonly Dictionary<PeerConnection, PeerSlot> _byPeer = new(ReferenceEqualityComparer.Instance);

    // Paths without a local address: those of peers that leave the choice of it to the kernel.
    private int _remoteOnlyPaths;

    public SessionTable() => _byUserFragmentSpan = _byUserFragment.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The peers.</summary>
    public IReadOnlyCollection<PeerSlot> Peers => _byPeer.Values;

    /// <summary>Number of peers.</summary>
    public int Count => _byPeer.Count;

    /// <summary>Adds a peer under its user fragment.</summary>
    /// <exception cref="InvalidOperationException">The peer, or its user fragment, is already there.</exception>
    public void Add(PeerSlot slot)
    {
        if (!_byUserFragment.TryAdd(slot.UserFragment, slot))
            throw new InvalidOperationException("A peer with this ICE user fragment is already on the loop: each peer needs its own, and is added once.");
        _byPeer.Add(slot.Peer, slot);
    }

    /// <summary>Takes the peer and all its paths out.</summary>
    public void Remove(PeerSlot slot)
    {
        _byPeer.Remove(slot.Peer);
        _byUserFragment.Remove(slot.UserFragment);
        while (slot.Paths.Count > 0)
            Unmap(slot, slot.Paths.Count - 1);
    }

    /// <summary>After an ICE restart: the peer is found by its new user fragment. Checks with the old one find it by their path.</summary>
    /// <exception cref="InvalidOperationException">The user fragment is already there.</exception>
    public void NoteUserFragment(PeerSlot slot)
    {
        string userFragment = slot.Peer.LocalUserFragment;
        if (!_byUserFragment.TryAdd(userFragment, slot))
            throw new InvalidOperationException("A peer with this ICE user fragment is already on the loop: each restart needs a new one.");
        _byUserFragment.Remove(slot.UserFragment);
        slot.UserFragment = userFragment;
    }

    /// <summary>The slot of a peer, or null when it is not on the loop.</summary>
    public PeerSlot? Find(PeerConnection peer) => _byPeer.GetValueOrDefault(peer);

    /// <summary>The peer whose path this is, or null.</summary>
    public PeerSlot? Find(in TransportPath path)
    {
        if (_byPath.TryGetValue(path, out PeerSlot? slot))
            return slot;
        return _remoteOnlyPaths > 0 ? _byPath.GetValueOrDefault(path with { Local = default }) : null;
    }

    /// <summary>The peer with this local user fragment, or null.</summary>
    public PeerSlot? Find(ReadOnlySpan<byte> userFragment)
    {
        Span<char> characters = stackalloc char[256];
        return Ascii.ToUtf16(userFragment, characters, out int count) == OperationStatus.Done
            && _byUserFragmentSpan.TryGetValue(characters[..count], out PeerSlot? slot) ? slot : null;
    }

    /// <summary>
    /// Makes a path that <paramref name="slot"/> has authenticated its own, whoever had it before; beyond
    /// <see cref="PeerSlot.MaxPaths"/> its oldest one that it does not send on goes.
    /// </summary>
    public void Map(PeerSlot slot, in TransportPath path)
    {
        if (_byPath.TryGetValue(path, out PeerSlot? owner))
        {
            if (owner == slot)
                return;
            Unmap(owner, owner.Paths.IndexOf(path));
        }

        if (slot.Paths.Count == PeerSlot.MaxPaths)
            Unmap(slot, slot.Paths[0] == slot.SendPath ? 1 : 0);
        slot.Paths.Add(path);
        _byPath.Add(path, slot);
        if (NativeAddress.IsUnspecified(path.Local))
            _remoteOnlyPaths++;
    }

    /// <summary>
    /// Notes the path that <paramref name="slot"/> sends on. A controlling agent's becomes its own; with an unspecified local address
    /// it holds for every one.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another peer of this loop already talks to that address.</exception>
    public void NoteSendPath(PeerSlot slot, in TransportPath path)
    {
        slot.SendPath = path;
        if (!slot.IsControlling)
            return;

        slot.SendPath = NativeAddress.IsUnspecified(path.Local) ? path with { Local = default } : path;
        if (_byPath.TryGetValue(slot.SendPath, out PeerSlot? owner) && owner != slot)
            throw new InvalidOperationException($"Another peer of this loop already talks to {path.Remote}, and one socket can hold one connection to an address: give each client an event loop of its own.");
        Map(slot, slot.SendPath);
    }

    private void Unmap(PeerSlot slot, int index)
    {
        TransportPath path = slot.Paths[index];
        slot.Paths.RemoveAt(index);
        _byPath.Remove(path);
        if (NativeAddress.IsUnspecified(path.Local))
            _remoteOnlyPaths--;
    }
}
