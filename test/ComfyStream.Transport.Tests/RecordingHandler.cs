using ComfyStream.WebRtc;

namespace ComfyStream.Transport.Tests;

/// <summary>Keeps what happened at a peer, and takes its frames.</summary>
internal sealed class RecordingHandler : IPeerHandler
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly byte[] _buffer = new byte[1 << 20];
    private readonly ManualResetEventSlim _connected = new();
    private readonly ManualResetEventSlim _closed = new();
    private int _framesReceived;
    private long _lastFrameBytes;

    public Action<PeerEvent>? OnEvent { get; init; }

    public int FramesReceived => Volatile.Read(ref _framesReceived);

    public long LastFrameBytes => Volatile.Read(ref _lastFrameBytes);

    public CloseReason CloseReason { get; private set; }

    public bool WaitConnected() => _connected.Wait(Patience, TestContext.Current.CancellationToken);

    public bool WaitClosed() => _closed.Wait(Patience, TestContext.Current.CancellationToken);

    public bool WaitFrames(int count) => SpinWait.SpinUntil(() => FramesReceived >= count, Patience);

    public void OnPeerEvent(EventLoop loop, PeerConnection peer, PeerEvent peerEvent)
    {
        OnEvent?.Invoke(peerEvent);
        if (peer.State == PeerConnectionState.Connected)
            _connected.Set();
        while (peer.TryReadFrame(_buffer, out ReceivedFrame frame))
        {
            Volatile.Write(ref _lastFrameBytes, frame.ByteCount);
            Volatile.Write(ref _framesReceived, _framesReceived + 1);
        }
    }

    public void OnPeerClosed(EventLoop loop, PeerConnection peer)
    {
        CloseReason = peer.CloseReason;
        _closed.Set();
    }
}
