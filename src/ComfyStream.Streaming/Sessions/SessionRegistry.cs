using System.Collections.Concurrent;
using ComfyStream.Transport;
using ComfyStream.WebRtc;

namespace ComfyStream.Streaming.Sessions;

/// <summary>
/// The living sessions by resource id, and for a while those whose client closed its connection before it sent DELETE, as OBS
/// does: that DELETE still succeeds, once. Thread-safe.
/// </summary>
internal sealed class SessionRegistry
{
    private const int MostTombstones = 1024;
    private static readonly TimeSpan TombstoneLifetime = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, PeerSession> _sessions = new();
    private readonly ConcurrentDictionary<(SessionKind Kind, string Id), TimeSpan> _tombstones = new();

    /// <summary>The living sessions, oldest first.</summary>
    public IReadOnlyList<PeerSession> All => [.. _sessions.Values.OrderBy(session => session.CreatedAt)];

    /// <summary>Sessions alive.</summary>
    public int Count => _sessions.Count;

    public void Add(PeerSession session) => _sessions[session.Id] = session;

    public PeerSession? Find(SessionKind kind, string id) =>
        _sessions.TryGetValue(id, out PeerSession? session) && session.Kind == kind ? session : null;

    /// <summary>Takes a session out for its DELETE: afterwards its id is unknown. Null when it does not live.</summary>
    public PeerSession? Take(SessionKind kind, string id) =>
        Find(kind, id) is { } session && _sessions.TryRemove(KeyValuePair.Create(id, session)) ? session : null;

    /// <summary>Whether a session of that kind ended by itself so recently that its DELETE is still due; asked once.</summary>
    public bool TakeTombstone(SessionKind kind, string id) =>
        _tombstones.TryRemove((kind, id), out TimeSpan ended) && EventLoop.Now - ended < TombstoneLifetime;

    /// <summary>Removes a session that has ended. False when its DELETE removed it before.</summary>
    public bool Remove(PeerSession session)
    {
        // Buried before it is removed: a DELETE in between must find the one or the other.
        bool buried = session.CloseReason == CloseReason.RemoteClose && _sessions.ContainsKey(session.Id) && Bury(session);
        if (_sessions.TryRemove(KeyValuePair.Create(session.Id, session)))
            return true;
        if (buried)
            _tombstones.TryRemove((session.Kind, session.Id), out _);
        return false;
    }

    private bool Bury(PeerSession session)
    {
        TimeSpan now = EventLoop.Now;
        if (_tombstones.Count >= MostTombstones)
        {
            foreach ((var key, TimeSpan ended) in _tombstones)
            {
                if (now - ended >= TombstoneLifetime)
                    _tombstones.TryRemove(key, out _);
            }
        }

        return _tombstones.Count < MostTombstones && _tombstones.TryAdd((session.Kind, session.Id), now);
    }
}
