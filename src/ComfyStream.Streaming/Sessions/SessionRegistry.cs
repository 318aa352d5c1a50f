using ComfyStream.Transport;
using ComfyStream.WebRtc;

namespace ComfyStream.Streaming.Sessions;

/// <summary>
/// The living sessions by resource id, and for a while those whose client closed its connection before it sent DELETE, as OBS
/// does: that DELETE still succeeds, once. Thread-safe; one lock, so that a session is always either alive or a tombstone.
/// </summary>
internal sealed class SessionRegistry
{
    private const int MostTombstones = 1024;
    private static readonly TimeSpan TombstoneLifetime = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, PeerSession> _sessions = [];
    private readonly Dictionary<(SessionKind Kind, string Id), TimeSpan> _tombstones = [];
    private readonly HashSet<PeerSession> _unfinished = [];

    /// <summary>The living sessions, oldest first.</summary>
    public IReadOnlyList<PeerSession> All
    {
        get
        {
            lock (_gate)
                return [.. _sessions.Values.OrderBy(session => session.CreatedAt)];
        }
    }

    /// <summary>The sessions that have yet to give something back, alive or not.</summary>
    public IReadOnlyList<PeerSession> Unfinished
    {
        get
        {
            lock (_gate)
                return [.. _unfinished];
        }
    }

    /// <summary>Sessions that hold resources.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _unfinished.Count;
        }
    }

    /// <summary>Adds a session.</summary>
    public void Add(PeerSession session)
    {
        lock (_gate)
        {
            _sessions.Add(session.Id, session);
            _unfinished.Add(session);
        }
    }

    /// <summary>Living sessions of that kind.</summary>
    public int CountOf(SessionKind kind)
    {
        lock (_gate)
            return _sessions.Values.Count(session => session.Kind == kind);
    }

    /// <summary>Living sessions, and how many of them have yet to connect; of that client, or of all (null).</summary>
    public (int Living, int HalfOpen) CountLiving(string? client = null)
    {
        lock (_gate)
        {
            int living = 0;
            int halfOpen = 0;
            foreach (PeerSession session in _sessions.Values)
            {
                if (client is not null && session.Client != client)
                    continue;
                living++;
                halfOpen += session.IsHalfOpen ? 1 : 0;
            }
            return (living, halfOpen);
        }
    }

    /// <summary>The living session of that kind under that id, or null.</summary>
    public PeerSession? Find(SessionKind kind, string id)
    {
        lock (_gate)
            return _sessions.TryGetValue(id, out PeerSession? session) && session.Kind == kind ? session : null;
    }

    /// <summary>
    /// Takes a session out for its DELETE: afterwards its id is unknown. False when it is already; true without a session when it
    /// ended by itself so recently that its DELETE was still due.
    /// </summary>
    public bool TryTake(SessionKind kind, string id, out PeerSession? session)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(id, out session) && session.Kind == kind)
                return _sessions.Remove(id);

            session = null;
            return _tombstones.Remove((kind, id), out TimeSpan ended) && EventLoop.Now - ended < TombstoneLifetime;
        }
    }

    /// <summary>Takes a session out that has ended, unless its DELETE did.</summary>
    public void Remove(PeerSession session)
    {
        lock (_gate)
        {
            if (_sessions.Remove(session.Id) && session.CloseReason == CloseReason.RemoteClose)
                Bury(session);
        }
    }

    /// <summary>Notes that a session has given everything back.</summary>
    public void Finish(PeerSession session)
    {
        lock (_gate)
            _unfinished.Remove(session);
    }

    private void Bury(PeerSession session)
    {
        TimeSpan now = EventLoop.Now;
        if (_tombstones.Count >= MostTombstones)
        {
            foreach ((var key, TimeSpan ended) in _tombstones)
            {
                if (now - ended >= TombstoneLifetime)
                    _tombstones.Remove(key);
            }
        }

        if (_tombstones.Count < MostTombstones)
            _tombstones[(session.Kind, session.Id)] = now;
    }
}
