using System.Net;
using ComfyStream.Media;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.Client;

/// <summary>
/// One client session from offer to DELETE: signalling, event loop, peer. Its methods may be called by any thread; the peer is
/// touched on the loop only.
/// </summary>
internal sealed class ClientConnection : IPeerHandler, IAsyncDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    private readonly ClientOptions _options;
    private readonly MediaRole _role;
    private readonly Action<PeerConnectionState> _onStateChanged;
    private readonly Action<PeerEvent> _onMediaEvent;
    private readonly SignalingClient _signaling;
    private readonly DtlsIdentity _identity;
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile PeerConnectionState _state = PeerConnectionState.New;
    private Exception? _fault;
    private int _isStarted;
    private int _isDisposed;

    public ClientConnection(ClientOptions options, MediaRole role, Action<PeerConnectionState> onStateChanged, Action<PeerEvent> onMediaEvent)
    {
        _options = options;
        _role = role;
        _onStateChanged = onStateChanged;
        _onMediaEvent = onMediaEvent;
        _signaling = new SignalingClient(options);
        _identity = options.Identity ?? DtlsIdentity.Create(DateOnly.FromDateTime(DateTime.UtcNow));
    }

    /// <summary>The session's resource while it lives.</summary>
    public Uri? SessionUrl => _signaling.SessionUrl;

    public PeerConnectionState State => _state;

    public CloseReason CloseReason { get; private set; }

    /// <summary>The loop, once <see cref="ConnectAsync"/> has begun.</summary>
    public EventLoop? Loop { get; private set; }

    /// <summary>The peer while it is on the loop; read it there.</summary>
    public PeerConnection? Peer { get; private set; }

    /// <summary>Makes the session and waits until media may flow.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
        if (Interlocked.Exchange(ref _isStarted, 1) != 0)
            throw new InvalidOperationException("A client connects once: make a new one for the next session.");

        try
        {
            EventLoop loop = Loop = _options.EventLoop ?? OpenLoop();
            OfferOptions offerOptions = MakeOffer(LocalEndPoint(loop));
            SessionDescription offer = Negotiator.CreateOffer(offerOptions);
            string answer = await _signaling.PostOfferAsync(offer.ToString(), cancellationToken).ConfigureAwait(false);
            Start(loop, Accept(Negotiator.AcceptAnswer(offer, offerOptions, answer)));
            await _connected.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public void OnPeerEvent(EventLoop loop, PeerConnection peer, PeerEvent peerEvent)
    {
        if (peerEvent.Kind == PeerEventKind.StateChanged)
            NoteState(peer);
        else
            _onMediaEvent(peerEvent);
    }

    /// <inheritdoc/>
    public void OnPeerClosed(EventLoop loop, PeerConnection peer)
    {
        Peer = null;
        NoteState(peer);
        _connected.TrySetException(new ConnectionException(Explain(peer.CloseReason), peer.CloseReason, _fault));
        _closed.TrySetResult();
    }

    /// <summary>The peer's counts; null when it is not on the loop.</summary>
    public Task<PeerStatistics?> GetStatisticsAsync()
    {
        var taken = new TaskCompletionSource<PeerStatistics?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Loop?.Post(_ => taken.SetResult(Peer?.GetStatistics())) != true)
            taken.SetResult(null);
        return taken.Task;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;

        await _signaling.DeleteAsync().ConfigureAwait(false);
        if (Loop is { } loop)
        {
            if (loop.Post(ClosePeer))
                await _closed.Task.WaitAsync(CloseTimeout).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_options.EventLoop is null)
                loop.Dispose();
        }

        if (_options.Identity is null)
            _identity.Dispose();

        // Nobody may wait for it; then its failure is nobody's.
        _ = _connected.TrySetException(new ObjectDisposedException(nameof(ClientConnection)));
        _ = _connected.Task.Exception;
    }

    private IPEndPoint LocalEndPoint(EventLoop loop) =>
        _options.LocalAddress is { } address ? new IPEndPoint(address, loop.LocalEndPoint.Port) : loop.LocalEndPoint;

    private EventLoop OpenLoop() => new(_options.LocalEndPoint, "client") { OnFault = fault => _fault = fault };

    // With a wildcard socket no candidate is named: the server learns our addresses from our checks (RFC 8445 7.3.1.3).
    private OfferOptions MakeOffer(IPEndPoint localEndPoint)
    {
        bool isWildcard = localEndPoint.Address.Equals(IPAddress.Any) || localEndPoint.Address.Equals(IPAddress.IPv6Any);
        uint priority = IceCandidate.ComputeHostPriority(IceCandidate.MaxLocalPreference);
        return new OfferOptions
        {
            Role = _role,
            Ice = IceCredentials.Create(),
            Fingerprint = _identity.Fingerprint,
            Candidates = isWildcard ? [] : [new IceCandidate("1", IsTcp: false, priority, TransportAddress.From(localEndPoint))],
            Identifiers = NegotiationIdentifiers.Create(),
            Audio = _options.Audio,
            Video = _options.Video,
            VideoFormats = [.. _options.VideoCodecs.Select(codec => codec == MediaCodec.Vp8 ? PayloadFormat.Vp8 : PayloadFormat.H264)],
        };
    }

    private static NegotiatedSession Accept(NegotiationResult result) => result switch
    {
        NegotiationResult.Success success => success.Session,
        NegotiationResult.Failure failure => throw new ConnectionException(failure.Detail),
        _ => throw new InvalidOperationException($"Unknown result of a negotiation: {result}."),
    };

    private void Start(EventLoop loop, NegotiatedSession session)
    {
        var peer = new PeerConnection(session, _identity, _options.Peer, EventLoop.Now);
        peer.AddLocalAddress(TransportAddress.From(LocalEndPoint(loop)));
        bool isPosted = loop.Post(current =>
        {
            Peer = peer;
            current.Add(peer, this);
        });
        if (!isPosted)
        {
            peer.Dispose();
            throw new ConnectionException("The client's event loop has ended or is overloaded.");
        }
    }

    private void ClosePeer(EventLoop loop)
    {
        if (Peer is not { } peer)
        {
            _closed.TrySetResult();
            return;
        }

        peer.Close(EventLoop.Now);
        loop.Touch(peer);
    }

    private void NoteState(PeerConnection peer)
    {
        PeerConnectionState state = peer.State;
        if (state == _state)
            return;

        CloseReason = peer.CloseReason;
        _state = state;
        if (state == PeerConnectionState.Connected)
            _connected.TrySetResult();
        _onStateChanged(state);
    }

    private static string Explain(CloseReason reason) => reason switch
    {
        CloseReason.IceTimeout => "No ICE check was answered: the server's UDP port is not reachable from here (firewall, or an advertised address that is not routed).",
        CloseReason.DtlsFailed => "The DTLS handshake failed or did not finish in time.",
        CloseReason.FingerprintMismatch => "The server's certificate is not the one that its answer announced: somebody is in between, or the answer is another session's.",
        CloseReason.RemoteClose => "The server closed the connection.",
        CloseReason.ConsentExpired => "The server stopped answering.",
        CloseReason.LocalClose => "The connection was closed by this side before it was made.",
        _ => "The connection ended by an error of the client.",
    };
}
