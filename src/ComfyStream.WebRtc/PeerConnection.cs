using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Sdp;

namespace ComfyStream.WebRtc;

/// <summary>
/// One WebRTC peer as a pure state machine: datagrams, deadlines and frames in; datagrams, events and the next deadline out.
/// Owned by one thread (the event loop's). Every <c>now</c> is monotonic time since an arbitrary epoch of the process.
/// </summary>
public sealed class PeerConnection : IDisposable
{
    /// <summary>Makes a peer from a negotiated session (RFC 9429).</summary>
    public PeerConnection(NegotiatedSession session, DtlsIdentity identity, PeerOptions options, TimeSpan now) => throw new NotImplementedException();

    /// <summary>What was negotiated.</summary>
    public NegotiatedSession Session => throw new NotImplementedException();

    /// <summary>The ICE user fragment by which the peer's first checks find this connection.</summary>
    public string LocalUserFragment => throw new NotImplementedException();

    /// <summary>The state as RTCPeerConnection would call it.</summary>
    public PeerConnectionState State => throw new NotImplementedException();

    /// <summary>Why it ended, once <see cref="State"/> is Failed or Closed.</summary>
    public CloseReason CloseReason => throw new NotImplementedException();

    /// <summary>When <see cref="HandleDeadline"/> wants to be called; <see cref="TimeSpan.MaxValue"/> for never.</summary>
    public TimeSpan NextDeadline => throw new NotImplementedException();

    /// <summary>
    /// Whether an authenticated ICE message came on this path: datagrams on it are this peer's (RFC 8445 7.3).
    /// </summary>
    public bool IsValidatedPath(in TransportPath path) => throw new NotImplementedException();

    /// <summary>Handles one datagram, which it may change (decryption is in place). Never throws for bad input.</summary>
    public void HandleDatagram(TimeSpan now, in TransportPath path, Span<byte> datagram) => throw new NotImplementedException();

    /// <summary>Does what is due at <paramref name="now"/>.</summary>
    public void HandleDeadline(TimeSpan now) => throw new NotImplementedException();

    /// <summary>Queues a frame for sending (takes a reference of its own while it needs one). False when the peer is not connected, does not receive this kind, or its queue is full: the frame was dropped.</summary>
    public bool WriteFrame(TimeSpan now, PacketizedFrame frame) => throw new NotImplementedException();

    /// <summary>Asks the sending peer for a key frame (PLI, else FIR), at most once a second.</summary>
    public void RequestKeyFrame(TimeSpan now) => throw new NotImplementedException();

    /// <summary>Starts the orderly end: BYE and close_notify are put out by the next <see cref="TryGetTransmit"/> calls.</summary>
    public void Close(TimeSpan now) => throw new NotImplementedException();

    /// <summary>
    /// Writes what is to be sent next into <paramref name="slab"/> (at least 64 KiB). Call until false after each Handle, Write, Request or Close.
    /// </summary>
    public bool TryGetTransmit(TimeSpan now, Span<byte> slab, out Transmit transmit) => throw new NotImplementedException();

    /// <summary>Takes the next event. Call until false after each Handle call.</summary>
    public bool TryGetEvent(out PeerEvent peerEvent) => throw new NotImplementedException();

    /// <summary>
    /// Copies the oldest complete frame into <paramref name="destination"/> and takes it. False with <c>ByteCount</c> set when the
    /// destination is too small (nothing is taken), with <c>ByteCount</c> 0 when there is none.
    /// </summary>
    public bool TryReadFrame(Span<byte> destination, out ReceivedFrame frame) => throw new NotImplementedException();

    /// <summary>Frees keys and native state at once, without telling the peer.</summary>
    public void Dispose() => throw new NotImplementedException();
}
