using System.Net;
using ComfyStream.Client;
using ComfyStream.EndToEnd.Films;
using ComfyStream.Media;
using ComfyStream.Transport;
using ComfyStream.WebRtc.Dtls;

namespace ComfyStream.EndToEnd.Crowds;

/// <summary>Viewers by the hundred in this process, on event loops that they share: each has a loopback address of its own.</summary>
/// <param name="film">What they are shown.</param>
/// <param name="firstMember">Its number among all audiences that are there at the same time.</param>
internal sealed class Audience(Film film, int firstMember = 0) : IAsyncDisposable
{
    // A socket of a program without privileges holds no more than what so many are sent at once.
    private const int MembersPerLoop = 50;
    private const byte Network = 96;
    private const int LeavingAtOnce = 16;

    private readonly DtlsIdentity _identity = DtlsIdentity.Create(DateOnly.FromDateTime(DateTime.UtcNow));
    private readonly EncodedFramePool _pool = new();
    private readonly List<EventLoop> _loops = [];
    private readonly List<AudienceMember> _members = [];

    /// <summary>Of all together.</summary>
    public Attendance Total => _members.Aggregate(default(Attendance), static (sum, member) => sum + member.Attendance);

    /// <summary>So many join at that rate, or slower where the machine is; returns when each has seen a picture.</summary>
    public async Task JoinAsync(string whepUrl, int count, int perSecond)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        TimeSpan begin = EventLoop.Now;
        var joining = new List<Task>();
        for (int i = 0; i < count; i++)
        {
            TimeSpan wait = begin + TimeSpan.FromSeconds((double)i / perSecond) - EventLoop.Now;
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, cancellation);
            AudienceMember member = Add(whepUrl);
            joining.Add(Task.Run(() => member.JoinAsync(cancellation), cancellation));
        }

        await Task.WhenAll(joining);
    }

    /// <summary>All leave in good order.</summary>
    public async ValueTask DisposeAsync()
    {
        await Parallel.ForEachAsync(_members, new ParallelOptions { MaxDegreeOfParallelism = LeavingAtOnce }, static (member, _) => member.LeaveAsync());
        _loops.ForEach(loop => loop.Dispose());
        _identity.Dispose();
    }

    private AudienceMember Add(string whepUrl)
    {
        if (_members.Count % MembersPerLoop == 0)
            _loops.Add(new EventLoop(new IPEndPoint(IPAddress.Any, 0), $"audience-{_loops.Count}"));
        int number = firstMember + _members.Count;
        var options = new ClientOptions
        {
            Endpoint = new Uri(whepUrl),
            Identity = _identity,
            EventLoop = _loops[^1],
            LocalAddress = new IPAddress([127, Network, (byte)(number / 256), (byte)number]),
        };
        _members.Add(new AudienceMember(film, options, _pool));
        return _members[^1];
    }
}
