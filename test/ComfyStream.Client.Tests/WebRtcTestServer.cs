using System.Collections.Concurrent;
using System.Net;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.Client.Tests;

/// <summary>A small WHIP (<c>/whip</c>) and WHEP (<c>/whep</c>) server of one session with a lite peer.</summary>
internal sealed class WebRtcTestServer : HttpTestServer, IPeerHandler
{
    private readonly EventLoop _loop = new(new IPEndPoint(IPAddress.Loopback, 0), "net-server");
    private readonly DtlsIdentity _identity = DtlsIdentity.Create(new DateOnly(2026, 1, 1));
    private readonly TaskCompletionSource<CloseReason> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PeerConnection? _peer;

    public WebRtcTestServer() => Respond = Handle;

    public ConcurrentQueue<(MediaKind Kind, byte[] Data, bool IsKeyFrame)> Frames { get; } = [];

    public int KeyFrameRequests => _keyFrameRequests;

    public Task<CloseReason> Closed => _closed.Task.WaitAsync(TimeSpan.FromSeconds(10));

    public Task Connected => _connected.Task.WaitAsync(TimeSpan.FromSeconds(10));

    /// <summary>Changes the answer on its way to the client.</summary>
    public Func<string, string> ChangeAnswer { get; set; } = answer => answer;

    private int _keyFrameRequests;

    public void Send(PacketizedFrame frame) => OnPeer(peer => peer.WriteFrame(EventLoop.Now, frame));

    public void RequestKeyFrame() => OnPeer(peer => peer.RequestKeyFrame(EventLoop.Now));

    public void ClosePeer() => OnPeer(peer => peer.Close(EventLoop.Now));

    public override void Dispose()
    {
        base.Dispose();
        _loop.Dispose();
        _identity.Dispose();
    }

    public void OnPeerEvent(EventLoop loop, PeerConnection peer, PeerEvent peerEvent)
    {
        if (peer.State == PeerConnectionState.Connected)
            _connected.TrySetResult();
        if (peerEvent.Kind == PeerEventKind.KeyFrameRequested)
            Interlocked.Increment(ref _keyFrameRequests);
        byte[] buffer = new byte[1 << 20];
        while (peer.TryReadFrame(buffer, out ReceivedFrame frame))
            Frames.Enqueue((frame.Kind, buffer[..frame.ByteCount], frame.IsKeyFrame));
    }

    public void OnPeerClosed(EventLoop loop, PeerConnection peer)
    {
        _peer = null;
        _closed.TrySetResult(peer.CloseReason);
    }

    private string? Handle(Request request, HttpListenerResponse response)
    {
        if (request.Method == "DELETE")
        {
            ClosePeer();
            return null;
        }

        var options = new AnswerOptions
        {
            Role = request.Path.StartsWith("/whip", StringComparison.Ordinal) ? MediaRole.Receive : MediaRole.Send,
            Ice = IceCredentials.Create(),
            Fingerprint = _identity.Fingerprint,
            Candidates = [new IceCandidate("1", IsTcp: false, IceCandidate.ComputeHostPriority(1), TransportAddress.From(_loop.LocalEndPoint))],
            Identifiers = NegotiationIdentifiers.Create(),
        };
        if (Negotiator.Answer(request.Body, options) is not NegotiationResult.Success success)
        {
            response.StatusCode = 400;
            return null;
        }

        var peer = new PeerConnection(success.Session, _identity, new PeerOptions { NtpEpoch = EventLoop.NtpEpoch }, EventLoop.Now);
        _loop.Post(loop =>
        {
            _peer = peer;
            loop.Add(peer, this);
        });
        response.StatusCode = 201;
        response.ContentType = "application/sdp";
        response.Headers["Location"] = "/sessions/1";
        return ChangeAnswer(success.AnswerSdp);
    }

    private void OnPeer(Action<PeerConnection> action) => _loop.Post(loop =>
    {
        if (_peer is not { } peer)
            return;
        action(peer);
        loop.Touch(peer);
    });
}
