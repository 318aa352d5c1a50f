using Microsoft.AspNetCore.Http;

namespace ComfyStream.Server.Access;

/// <summary>
/// Who made which session, so that nobody else ends or changes it. Thread-safe by one lock; forgets sessions that are gone whenever
/// it has doubled, so it stays as large as the sessions are many.
/// </summary>
/// <param name="isOn">Whether tokens are asked for; otherwise nothing is kept.</param>
/// <param name="isAlive">Whether a session is still there.</param>
internal sealed class SessionOwners(bool isOn, Func<string, bool> isAlive)
{
    private const int LeastSweep = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, SessionOwner> _owners = [];
    private int _sweepAt = LeastSweep;

    /// <summary>Notes that the caller of this request made a session.</summary>
    public void Remember(HttpContext context, string id)
    {
        if (!isOn || context.Features.Get<AccessGrant>() is not { } grant)
            return;
        lock (_gate)
        {
            if (_owners.Count >= _sweepAt)
                Sweep();
            _owners[id] = new SessionOwner(grant.Caller.Id, grant.Target.Channel);
        }
    }

    /// <summary>Who made it; null when there is no such session.</summary>
    public SessionOwner? Find(string id)
    {
        lock (_gate)
            return _owners.GetValueOrDefault(id);
    }

    private void Sweep()
    {
        foreach (string id in _owners.Keys)
        {
            if (!isAlive(id))
                _owners.Remove(id);
        }
        _sweepAt = Math.Max(LeastSweep, _owners.Count * 2);
    }
}

/// <summary>Who made a session.</summary>
/// <param name="CallerId">Their <see cref="Caller.Id"/>.</param>
/// <param name="Channel">On which channel.</param>
internal sealed record SessionOwner(string CallerId, string Channel);
