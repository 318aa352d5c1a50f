using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Sdp;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Streaming.Sessions;

/// <summary>
/// A publisher's or viewer's session: what its peer does is handled on its event loop; what the control plane reads of it is
/// immutable or a single word.
/// </summary>
internal abstract class PeerSession : IPeerHandler
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(10);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile PeerConnectionState _state = PeerConnectionState.New;

    private readonly IceRestarts _restarts;

    protected PeerSession(NegotiatedPeer negotiated, string streamId, ILogger logger)
    {
        Id = negotiated.Id;
        StreamId = streamId;
        Loop = negotiated.Loop;
        Peer = negotiated.Peer;
        Notes = negotiated.Notes;
        _restarts = new IceRestarts(negotiated.Peer, negotiated.Candidates);
        Logger = logger;
        HasVideo = Carries(MediaKind.Video);
        HasAudio = Carries(MediaKind.Audio);
    }

    /// <summary>Resource id.</summary>
    public string Id { get; }

    /// <summary>Channel, or stream that is watched.</summary>
    public string StreamId { get; }

    /// <summary>Whose session it is, for limits.</summary>
    public string Client { get; init; } = "";

    /// <summary>Publisher or viewer.</summary>
    public abstract SessionKind Kind { get; }

    /// <summary>The loop that owns <see cref="Peer"/>.</summary>
    public EventLoop Loop { get; }

    /// <summary>Completes when the peer is off its loop.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Completes when all that belonged to the session has been given back.</summary>
    public Task CleanedUp { get; set; } = Task.CompletedTask;

    /// <summary>Why the peer ended, once it has.</summary>
    public CloseReason CloseReason { get; private set; }

    /// <summary>When it was created, by the wall clock.</summary>
    public DateTimeOffset CreatedAt { get; } = DateTimeOffset.UtcNow;

    /// <summary>Whether the session carries a picture.</summary>
    public bool HasVideo { get; }

    /// <summary>Whether the session carries sound.</summary>
    public bool HasAudio { get; }

    /// <summary>Whether the peer is connected.</summary>
    public bool IsConnected => _state == PeerConnectionState.Connected;

    /// <summary>Whether the peer has never been connected yet.</summary>
    public bool IsHalfOpen => _state is PeerConnectionState.New or PeerConnectionState.Connecting;

    /// <summary>Prefix of log lines: WHIP or WHEP.</summary>
    public string Protocol => Kind == SessionKind.Publisher ? "WHIP" : "WHEP";

    /// <summary>The peer; touched only on <see cref="Loop"/>.</summary>
    protected PeerConnection Peer { get; }

    protected ILogger Logger { get; }

    protected IReadOnlyList<string> Notes { get; }

    /// <summary>Puts the peer on its loop. False when the loop takes no more work; the peer is then disposed.</summary>
    public bool Start()
    {
        if (Loop.Post(AddPeer))
            return true;
        Abandon();
        return false;
    }

    /// <summary>Ends the session with BYE and close_notify (any thread), and waits until all that belonged to it was given back.</summary>
    public async Task CloseAsync(TimeSpan patience)
    {
        TimeSpan limit = EventLoop.Now + patience;
        while (!Loop.Post(ClosePeer) && !_ended.Task.IsCompleted && EventLoop.Now < limit)
            await Task.Delay(RetryInterval).ConfigureAwait(false);
        TimeSpan left = limit > EventLoop.Now ? limit - EventLoop.Now : TimeSpan.Zero;
        await CleanedUp.WaitAsync(left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>
    /// Takes a fragment of the client's ICE (any thread). The loop decides, one after the other: a restart finds the session as the one
    /// before has left it.
    /// </summary>
    public Task<IcePatchResult> PatchAsync(IceFragment fragment, IcePatch patch)
    {
        var done = new TaskCompletionSource<IcePatchResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        bool isPosted = Loop.Post(loop =>
        {
            try
            {
                done.SetResult(Patch(loop, fragment, patch));
            }
            catch (Exception fault)
            {
                done.SetException(fault);
            }
        });
        return isPosted ? done.Task : Task.FromResult(new IcePatchResult(IcePatchOutcome.Overloaded, Detail: "The event loop takes no more work: try again in a few seconds."));
    }

    /// <summary>What the statistics say.</summary>
    public abstract SessionSnapshot Snapshot();

    /// <inheritdoc/>
    public void OnPeerEvent(EventLoop loop, PeerConnection peer, PeerEvent peerEvent)
    {
        if (peerEvent.Kind == PeerEventKind.StateChanged)
            FollowState();
        HandleEvent(loop, peerEvent);
    }

    /// <inheritdoc/>
    public void OnPeerClosed(EventLoop loop, PeerConnection peer)
    {
        CloseReason = peer.CloseReason;
        try
        {
            HandleClosed(loop);
            FollowState();
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    protected abstract void HandleEvent(EventLoop loop, PeerEvent peerEvent);

    protected abstract void HandleClosed(EventLoop loop);

    protected SessionSnapshot Snapshot(long framesReceived, long framesSent, long framesDropped, long keyFrameRequests) => new(
        Id, StreamId, CreatedAt, StateWord(), HasVideo, HasAudio, Notes,
        framesReceived, framesSent, framesDropped, keyFrameRequests);

    private bool Carries(MediaKind kind) => Peer.Session.Find(kind) is { } media && (media.Send || media.Receive);

    private void AddPeer(EventLoop loop)
    {
        try
        {
            loop.Add(Peer, this);
        }
        catch
        {
            Abandon();
            throw;
        }
    }

    private IcePatchResult Patch(EventLoop loop, IceFragment fragment, IcePatch patch)
    {
        if (_ended.Task.IsCompleted)
            return new IcePatchResult(IcePatchOutcome.NotFound);

        IcePatchResult result = _restarts.Apply(fragment, patch);
        if (result.Outcome == IcePatchOutcome.Restarted)
        {
            loop.NoteRestart(Peer);
            Logger.RestartsIce(Protocol, Id);
        }

        return result;
    }

    private void ClosePeer(EventLoop loop)
    {
        if (_ended.Task.IsCompleted)
            return;
        Peer.Close(EventLoop.Now);
        loop.Touch(Peer);
    }

    // It never came onto its loop, or could not.
    private void Abandon()
    {
        Peer.Dispose();
        _ended.TrySetResult();
    }

    private void FollowState()
    {
        if (Peer.State == _state)
            return;
        _state = Peer.State;
        Logger.ConnectionStateIs(Protocol, StateWord());
    }

    private string StateWord() => _state switch
    {
        PeerConnectionState.New => "new",
        PeerConnectionState.Connecting => "connecting",
        PeerConnectionState.Connected => "connected",
        PeerConnectionState.Disconnected => "disconnected",
        PeerConnectionState.Failed => "failed",
        _ => "closed",
    };
}
