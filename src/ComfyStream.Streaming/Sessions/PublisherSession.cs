using ComfyStream.Media;
using ComfyStream.Streaming.Diagnostics;
using ComfyStream.Streaming.Streams;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using Microsoft.Extensions.Logging;

namespace ComfyStream.Streaming.Sessions;

/// <summary>A publisher (WHIP): its frames are taken off the peer and given to the stream's input, on the peer's event loop.</summary>
internal sealed class PublisherSession : PeerSession
{
    private readonly StreamInput _input;
    private readonly EncodedFramePool _frames;
    private readonly PublisherTimeline _timeline;
    private long _framesReceived;
    private long _framesLost;
    private long _keyFrameRequests;
    private int _keyFramePosted;
    private bool _toldTracks;

    /// <param name="notBefore">Its frames come after this media time: where the channel's publisher before it ended.</param>
    public PublisherSession(
        NegotiatedPeer negotiated, string channel, StreamInput input, EncodedFramePool frames, TimeSpan notBefore, ILogger logger)
        : base(negotiated, channel, logger)
    {
        _input = input;
        _frames = frames;
        _timeline = new PublisherTimeline(notBefore);
        input.SetKeyFrameSource(RequestKeyFrame);
    }

    /// <inheritdoc/>
    public override SessionKind Kind => SessionKind.Publisher;

    /// <summary>What the frames go into.</summary>
    public StreamInput Input => _input;

    /// <summary>The latest media time of its frames (any thread).</summary>
    public TimeSpan LastMediaTime => _timeline.Last;

    /// <summary>Asks the publisher for a key frame (any thread); the peer spaces requests out.</summary>
    public void RequestKeyFrame()
    {
        if (Interlocked.Exchange(ref _keyFramePosted, 1) != 0)
            return;
        bool posted = Loop.Post(loop =>
        {
            Volatile.Write(ref _keyFramePosted, 0);
            if (Ended.IsCompleted)
                return;
            Interlocked.Increment(ref _keyFrameRequests);
            Peer.RequestKeyFrame(EventLoop.Now);
            loop.Touch(Peer);
        });
        if (!posted)
            Volatile.Write(ref _keyFramePosted, 0);
    }

    /// <inheritdoc/>
    public override SessionSnapshot Snapshot() => Snapshot(
        Volatile.Read(ref _framesReceived), 0, Volatile.Read(ref _framesLost), Volatile.Read(ref _keyFrameRequests));

    /// <inheritdoc/>
    protected override void HandleEvent(EventLoop loop, PeerEvent peerEvent)
    {
        switch (peerEvent.Kind)
        {
            case PeerEventKind.FrameReceived:
                TakeFrames();
                break;
            case PeerEventKind.FrameLost when peerEvent.Media == MediaKind.Video:
                Interlocked.Increment(ref _framesLost);
                RequestKeyFrame();
                break;
            case PeerEventKind.StateChanged when Peer.State == PeerConnectionState.Connected && !_toldTracks:
                _toldTracks = true;
                if (HasAudio)
                    Logger.TrackReceived("audio");
                if (HasVideo)
                    Logger.TrackReceived("video");
                break;
        }
    }

    /// <inheritdoc/>
    protected override void HandleClosed(EventLoop loop) => _input.Stop();

    private void TakeFrames()
    {
        while (!Peer.TryReadFrame([], out ReceivedFrame info) && info.ByteCount > 0)
        {
            EncodedFrame frame = _frames.Rent(info.ByteCount);
            if (!Peer.TryReadFrame(frame.WritableData, out info))
            {
                frame.Release();
                return;
            }

            Hand(frame, info);
        }
    }

    private void Hand(EncodedFrame frame, in ReceivedFrame info)
    {
        bool isVideo = info.Kind == MediaKind.Video;
        frame.Codec = MediaCodecs.Of(info.Format);
        frame.IsKeyFrame = info.IsKeyFrame;
        frame.FirstArrival = info.FirstArrival;
        frame.LastArrival = info.LastArrival;
        if (Peer.TryGetSenderReport(info.Kind, out ulong ntpTime, out long reportedTimestamp))
            _timeline.Report(info.Kind, ntpTime, reportedTimestamp);
        frame.MediaTime = _timeline.Map(info.Kind, info.Ssrc, info.RtpTimestamp, info.FirstArrival);
        if (isVideo)
        {
            Interlocked.Increment(ref _framesReceived);
            _input.WriteVideo(frame);
        }
        else
        {
            _input.WriteAudio(frame);
        }
    }
}
