using ComfyStream.Media;
using ComfyStream.Transport;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.Client;

/// <summary>
/// Receives H.264 or VP8 pictures and Opus sound from a WHEP server. Events and frames come on the event loop and must not block.
/// </summary>
public sealed class WhepSubscriber : IAsyncDisposable
{
    private readonly ClientConnection _connection;
    private readonly Action<EncodedFrame> _onFrame;
    private readonly EncodedFramePool _pool;
    private readonly MediaClock _audioClock = new();
    private readonly MediaClock _videoClock = new();
    private long _framesReceived;
    private long _picturesLost;

    /// <summary>Makes a subscriber that is not connected yet.</summary>
    /// <param name="options">Where and how to connect.</param>
    /// <param name="onFrame">
    /// Is lent each frame, and takes a reference to keep it. Its media time is on the timeline of <see cref="EventLoop.Now"/>: the arrival
    /// of the kind's first frame, and from there by the sender's clock.
    /// </param>
    /// <param name="pool">Frames are rented here; null for a pool of its own.</param>
    public WhepSubscriber(ClientOptions options, Action<EncodedFrame> onFrame, EncodedFramePool? pool = null)
    {
        _onFrame = onFrame;
        _pool = pool ?? new EncodedFramePool();
        _connection = new ClientConnection(options, MediaRole.Receive, state => StateChanged?.Invoke(state), OnMediaEvent);
    }

    /// <summary>The state changed.</summary>
    public event Action<PeerConnectionState>? StateChanged;

    /// <summary>The state as RTCPeerConnection would call it.</summary>
    public PeerConnectionState State => _connection.State;

    /// <summary>Why the connection ended, once it has.</summary>
    public CloseReason CloseReason => _connection.CloseReason;

    /// <summary>The session's resource while it lives.</summary>
    public Uri? SessionUrl => _connection.SessionUrl;

    /// <summary>Frames delivered.</summary>
    public long FramesReceived => Volatile.Read(ref _framesReceived);

    /// <summary>Pictures lost for good.</summary>
    public long PicturesLost => Volatile.Read(ref _picturesLost);

    /// <summary>Makes the session and waits until media may flow.</summary>
    /// <exception cref="ConnectionException">The server cannot be reached, refused, or no connection came about.</exception>
    public Task ConnectAsync(CancellationToken cancellationToken = default) => _connection.ConnectAsync(cancellationToken);

    /// <summary>Asks the server for a key frame (any thread); after a loss it is asked by itself.</summary>
    public void RequestKeyFrame() => _connection.Loop?.Post(RequestKeyFrame);

    /// <summary>What was received and lost so far (any thread); null while not connected.</summary>
    public Task<PeerStatistics?> GetStatisticsAsync() => _connection.GetStatisticsAsync();

    /// <summary>Ends the session at the server (DELETE), closes the connection, and stops the client's own event loop.</summary>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private void RequestKeyFrame(EventLoop loop)
    {
        if (_connection.Peer is not { } peer)
            return;
        peer.RequestKeyFrame(EventLoop.Now);
        loop.Touch(peer);
    }

    private void OnMediaEvent(PeerEvent peerEvent)
    {
        switch (peerEvent.Kind)
        {
            case PeerEventKind.FrameReceived:
                ReadFrames(_connection.Peer!);
                break;
            case PeerEventKind.FrameLost when peerEvent.Media == MediaKind.Video:
                Volatile.Write(ref _picturesLost, _picturesLost + 1);
                RequestKeyFrame(_connection.Loop!);
                break;
        }
    }

    private void ReadFrames(PeerConnection peer)
    {
        // The first call only tells the size.
        while (!peer.TryReadFrame([], out ReceivedFrame waiting) && waiting.ByteCount > 0)
        {
            EncodedFrame frame = _pool.Rent(waiting.ByteCount);
            try
            {
                if (!peer.TryReadFrame(frame.WritableData, out ReceivedFrame received))
                    return;
                Describe(frame, received, peer.Session.Find(received.Kind)!);
                Volatile.Write(ref _framesReceived, _framesReceived + 1);
                _onFrame(frame);
            }
            finally
            {
                frame.Release();
            }
        }
    }

    private void Describe(EncodedFrame frame, in ReceivedFrame received, NegotiatedMedia media)
    {
        bool isVideo = received.Kind == MediaKind.Video;
        frame.Codec = received.Format switch
        {
            PayloadFormat.H264 => MediaCodec.H264,
            PayloadFormat.Vp8 => MediaCodec.Vp8,
            _ => MediaCodec.Opus,
        };
        frame.IsKeyFrame = received.IsKeyFrame;
        frame.FirstArrival = received.FirstArrival;
        frame.LastArrival = received.LastArrival;
        frame.MediaTime = (isVideo ? _videoClock : _audioClock).TimeOf(received, media.Codec.ClockRate);
    }

    // Maps a sender's RTP clock to our time, by the first frame's arrival.
    private sealed class MediaClock
    {
        private TimeSpan _origin;
        private long _firstTimestamp;
        private bool _isStarted;

        public TimeSpan TimeOf(in ReceivedFrame frame, int clockRate)
        {
            if (!_isStarted)
            {
                _isStarted = true;
                _origin = frame.FirstArrival;
                _firstTimestamp = frame.RtpTimestamp;
            }

            return _origin + TimeSpan.FromTicks((long)((Int128)(frame.RtpTimestamp - _firstTimestamp) * TimeSpan.TicksPerSecond / clockRate));
        }
    }
}
