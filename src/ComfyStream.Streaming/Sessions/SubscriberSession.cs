using ComfyStream.Streaming.Streams;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Packetization;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Streaming.Sessions;

/// <summary>
/// A viewer (WHEP): joins its hub when its peer is connected and is given every frame from a key frame on, through all changes of
/// what the output shows. Runs on its event loop.
/// </summary>
internal sealed class SubscriberSession : PeerSession
{
    // Two pictures with one timestamp are one picture to a player.
    private static readonly TimeSpan LeastStep = TimeSpan.FromMilliseconds(1);

    // Longer than the time between two pictures of any camera: one that was sent before stands still.
    private static readonly TimeSpan LongestInterval = TimeSpan.FromMilliseconds(500);

    private readonly SubscriberHub _hub;
    private Rendition? _rendition;
    private bool _takesSource;
    private bool _isWaiting;
    private bool _joined;
    private bool _hasQueued;
    private bool _awaitsKeyFrame = true;
    private TimeSpan _lastPicture;
    private long _framesSent;
    private long _framesDropped;
    private long _keyFrameRequests;

    public SubscriberSession(NegotiatedPeer negotiated, string streamId, SubscriberHub hub, ILogger logger)
        : base(negotiated, streamId, logger)
    {
        _hub = hub;
        if (HasVideo)
            Formats = ViewerFormats.Of(Peer.Session.Find(MediaKind.Video)!);
    }

    /// <inheritdoc/>
    public override SessionKind Kind => SessionKind.Subscriber;

    /// <summary>The pictures that it plays.</summary>
    public ViewerFormats Formats { get; }

    /// <summary>Queues a frame (borrowed), on the loop; <see cref="Flush"/> sends it. A viewer that missed a picture waits for the next key frame.</summary>
    public void Write(in OutputFrame frame)
    {
        if (frame.IsVideo)
            WriteVideo(frame);
        else if (HasAudio)
            _hasQueued |= Peer.WriteFrame(EventLoop.Now, frame.Packets);
    }

    /// <summary>Sends what was queued, in as few messages as it fits into.</summary>
    public void Flush(EventLoop loop)
    {
        if (!_hasQueued)
            return;
        _hasQueued = false;
        loop.Touch(Peer);
    }

    /// <summary>
    /// Sends the pictures since the last key frame (borrowed) at once, so that the next one can be decoded. They lie close together on
    /// the viewer's timeline, since that is how they come: no player is to show two seconds of the past at their own pace. The newest lies at its
    /// own time, or at the present when it has stood still for a while: the next is as far from it as it comes later. False when there
    /// are none.
    /// </summary>
    public bool Replay(EventLoop loop, GroupOfPictures group)
    {
        IReadOnlyList<OutputFrame> frames = group.Frames;
        if (frames.Count == 0)
            return false;

        _rendition = group.Rendition;
        _takesSource = _rendition == Rendition.Source;
        _awaitsKeyFrame = false;
        TimeSpan age = EventLoop.Now - group.NewestSent;
        TimeSpan time = frames[^1].Packets.MediaTime + (age > LongestInterval ? age : TimeSpan.Zero) - (frames.Count - 1) * LeastStep;
        for (int i = 0; i < frames.Count; i++)
            Send(frames[i].Packets, time + i * LeastStep, isReplayed: true);
        Flush(loop);
        return true;
    }

    /// <summary>A picture did not reach this viewer: what follows it cannot be decoded. It goes on with whichever rendition has a key frame first.</summary>
    public void MissPicture()
    {
        if (!HasVideo)
            return;
        _awaitsKeyFrame = true;
        _takesSource = false;
        _hub.RequestKeyFrame(Formats);
    }

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
                _hub.Add(loop, this);
                break;
            case PeerEventKind.KeyFrameRequested:
                Interlocked.Increment(ref _keyFrameRequests);
                _hub.RequestKeyFrame(Formats);
                break;
        }
    }

    /// <inheritdoc/>
    protected override void HandleClosed(EventLoop loop)
    {
        if (!_joined)
            return;
        SetWaiting(false);
        _hub.Remove(loop, this);
    }

    private void WriteVideo(in OutputFrame frame)
    {
        if (!HasVideo || !Takes(frame))
            return;
        if (frame.Packets.IsKeyFrame)
        {
            _rendition = frame.Rendition;
            _awaitsKeyFrame = false;
            SetWaiting(_rendition == Rendition.Transcoded && _isWaiting);
        }
        else if (_awaitsKeyFrame || frame.Rendition != _rendition)
        {
            Interlocked.Increment(ref _framesDropped);
            SetWaiting(frame.Rendition == Rendition.Source);
            MissPicture();
            return;
        }

        Send(frame.Packets, frame.Packets.MediaTime, isReplayed: false);
    }

    // Source and transcoded pictures come side by side: each viewer takes one of them, and goes over to the source with a key frame.
    private bool Takes(in OutputFrame frame)
    {
        if (frame.Rendition != Rendition.Source)
            return frame.Packets.Format == Formats.PreferredCodec && !(frame.Rendition == Rendition.Transcoded && _takesSource);
        if (!Formats.Plays(frame.Format!))
            return _takesSource = false;
        _takesSource |= frame.Packets.IsKeyFrame;
        return _takesSource || _rendition != Rendition.Transcoded;
    }

    // It plays the source, and has to wait for a key frame of it.
    private void SetWaiting(bool isWaiting)
    {
        if (_isWaiting == isWaiting)
            return;
        _isWaiting = isWaiting;
        _hub.CountWaiting(Formats, isWaiting ? 1 : -1);
    }

    // The sources of an output take turns, each with a delay of its own: time goes on for the viewer all the same.
    private void Send(PacketizedFrame packets, TimeSpan mediaTime, bool isReplayed)
    {
        TimeSpan time = mediaTime - LeastStep < _lastPicture ? _lastPicture + LeastStep : mediaTime;
        if (!Peer.WriteFrame(EventLoop.Now, packets, time, isReplayed))
        {
            Interlocked.Increment(ref _framesDropped);
            MissPicture();
            return;
        }

        _lastPicture = time;
        Interlocked.Increment(ref _framesSent);
        _hasQueued = true;
    }
}
