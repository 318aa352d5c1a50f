using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Streaming.Streams;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Streaming.Sessions;

/// <summary>
/// A viewer (WHEP): joins its hub when its peer is connected and is given every frame from a key frame on. Runs on its event loop.
/// </summary>
internal sealed class SubscriberSession(
    string id, string streamId, EventLoop loop, PeerConnection peer, IReadOnlyList<string> notes, SubscriberHub hub, ILogger logger)
    : PeerSession(id, streamId, loop, peer, notes, logger)
{
    private bool _joined;
    private bool _awaitsKeyFrame = true;
    private long _framesSent;
    private long _framesDropped;
    private long _keyFrameRequests;

    /// <inheritdoc/>
    public override SessionKind Kind => SessionKind.Subscriber;

    /// <summary>Sends a frame (borrowed), on the loop. A viewer that missed a picture waits for the next key frame.</summary>
    public void Write(EventLoop loop, PacketizedFrame frame)
    {
        bool isVideo = frame.Kind == MediaKind.Video;
        if (!(isVideo ? HasVideo : HasAudio))
            return;
        if (isVideo && _awaitsKeyFrame && !frame.IsKeyFrame)
        {
            Interlocked.Increment(ref _framesDropped);
            return;
        }

        bool written = Peer.WriteFrame(EventLoop.Now, frame);
        if (isVideo)
            Count(frame, written);
        if (written)
            loop.Touch(Peer);
    }

    /// <summary>A picture did not reach this viewer: what follows it cannot be decoded.</summary>
    public void AwaitKeyFrame() => _awaitsKeyFrame = true;

    /// <inheritdoc/>
    public override SessionSnapshot Snapshot() => Snapshot(
        0, Volatile.Read(ref _framesSent), Volatile.Read(ref _framesDropped), Volatile.Read(ref _keyFrameRequests));

    /// <inheritdoc/>
    protected override void HandleEvent(EventLoop loop, PeerEvent peerEvent)
    {
        switch (peerEvent.Kind)
        {
            case PeerEventKind.StateChanged when Peer.State == PeerConnectionState.Connected && !_joined:
                _joined = true;
                hub.Add(loop, this);
                break;
            case PeerEventKind.KeyFrameRequested:
                Interlocked.Increment(ref _keyFrameRequests);
                hub.RequestKeyFrame();
                break;
        }
    }

    /// <inheritdoc/>
    protected override void HandleClosed(EventLoop loop)
    {
        if (_joined)
            hub.Remove(loop, this);
    }

    private void Count(PacketizedFrame frame, bool written)
    {
        if (written)
        {
            _awaitsKeyFrame = false;
            Interlocked.Increment(ref _framesSent);
            return;
        }

        Interlocked.Increment(ref _framesDropped);
        if (!_awaitsKeyFrame || frame.IsKeyFrame)
            hub.RequestKeyFrame();
        _awaitsKeyFrame = true;
    }
}
