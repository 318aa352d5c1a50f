using ComfyStream.Media;
using ComfyStream.WebRtc;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.Client;

/// <summary>
/// Publishes H.264 or VP8 pictures and Opus sound to a WHIP server (RFC 9725). Events come on the event loop and must not block.
/// </summary>
public sealed class WhipPublisher : IAsyncDisposable
{
    private readonly ClientConnection _connection;
    private readonly FrameWriter _writer;

    /// <summary>Makes a publisher that is not connected yet.</summary>
    public WhipPublisher(ClientOptions options)
    {
        _connection = new ClientConnection(options, MediaRole.Send, state => StateChanged?.Invoke(state), OnMediaEvent);
        _writer = new FrameWriter(_connection, () => KeyFrameRequested?.Invoke());
    }

    /// <summary>The state changed.</summary>
    public event Action<PeerConnectionState>? StateChanged;

    /// <summary>The server asks for a key frame, or a picture could not be sent and what follows it needs one.</summary>
    public event Action? KeyFrameRequested;

    /// <summary>The state as RTCPeerConnection would call it.</summary>
    public PeerConnectionState State => _connection.State;

    /// <summary>Why the connection ended, once it has.</summary>
    public CloseReason CloseReason => _connection.CloseReason;

    /// <summary>The session's resource while it lives.</summary>
    public Uri? SessionUrl => _connection.SessionUrl;

    /// <summary>Frames that were not sent: not connected, not negotiated, or the connection is behind.</summary>
    public long FramesDropped => _writer.DroppedCount;

    /// <summary>Makes the session and waits until frames can be written.</summary>
    /// <exception cref="ConnectionException">The server cannot be reached, refused, or no connection came about.</exception>
    public Task ConnectAsync(CancellationToken cancellationToken = default) => _connection.ConnectAsync(cancellationToken);

    /// <summary>
    /// Sends a picture (borrowed: packetized before the call returns). Its media time is on the timeline of
    /// <see cref="Transport.EventLoop.Now"/>, the same for sound and picture. False when it was dropped: the next one should be a key frame. One
    /// thread writes at a time.
    /// </summary>
    public bool WriteVideo(EncodedFrame frame) => Write(frame, isVideo: true);

    /// <summary>Sends an Opus packet; otherwise as <see cref="WriteVideo"/>.</summary>
    public bool WriteAudio(EncodedFrame frame) => Write(frame, isVideo: false);

    /// <summary>Ends the session at the server (DELETE), closes the connection, and stops the client's own event loop.</summary>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private bool Write(EncodedFrame frame, bool isVideo)
    {
        ArgumentNullException.ThrowIfNull(frame);
        return isVideo == (frame.Codec != MediaCodec.Opus)
            ? _writer.TryWrite(frame)
            : throw new ArgumentException($"The frame is {frame.Codec}, and {(isVideo ? "pictures are" : "sound is")} sent here.", nameof(frame));
    }

    private void OnMediaEvent(PeerEvent peerEvent)
    {
        if (peerEvent.Kind == PeerEventKind.KeyFrameRequested)
            KeyFrameRequested?.Invoke();
    }
}
