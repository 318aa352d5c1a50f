using System.Security.Cryptography;
using ComfyStream.WebRtc.Dtls;
using ComfyStream.WebRtc.Ice;
using ComfyStream.WebRtc.Packetization;
using ComfyStream.WebRtc.Rtcp;
using ComfyStream.WebRtc.Sdp;
using ComfyStream.WebRtc.Srtp;
using ComfyStream.WebRtc.Streams;

namespace ComfyStream.WebRtc;

/// <summary>
/// One WebRTC peer as a pure state machine: datagrams, deadlines and frames in; datagrams, events and the next deadline out.
/// A conductor: it routes between ICE, DTLS and the two media halves, and takes the earliest deadline.
/// Owned by one thread (the event loop's). Every <c>now</c> is monotonic time since an arbitrary epoch of the process.
/// </summary>
public sealed class PeerConnection : IDisposable
{
    private const int LargestRtcpBytes = 1200;

    private readonly IceAgent _ice;
    private readonly DtlsIdentity _identity;
    private readonly MediaReceiver _receiver;
    private readonly MediaSender _sender;
    private readonly Liveness _liveness;

    // Made when the peer can be reached, on the loop's thread: an offer that nobody follows up costs no native memory.
    private DtlsTransport? _dtls;
    private PendingEvents _events;
    private TimeSpan _lastNow;
    private TransportPath _heldPath;
    private bool _isMediaHeld;
    private bool _goodbyePending;
    private bool _disposed;

    /// <summary>Makes a peer from a negotiated session (RFC 9429).</summary>
    public PeerConnection(NegotiatedSession session, DtlsIdentity identity, PeerOptions options, TimeSpan now)
    {
        Session = session;
        _identity = identity.Share();
        _lastNow = now;
        ulong tieBreaker = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
        _ice = new IceAgent(session.IceRole, session.LocalIce, session.RemoteIce, session.RemoteCandidates, tieBreaker) { ToleratesRoleConflict = options.ToleratesIceRoleConflict };
        _receiver = new MediaReceiver(session);
        _sender = new MediaSender(session, options.NtpEpoch);
        _liveness = new Liveness(options, now);
    }

    /// <summary>What was negotiated; a restart replaces the ICE credentials.</summary>
    public NegotiatedSession Session { get; private set; }

    /// <summary>The ICE user fragment by which the peer's first checks find this connection.</summary>
    public string LocalUserFragment => Session.LocalIce.UserFragment;

    /// <summary>The state as RTCPeerConnection would call it.</summary>
    public PeerConnectionState State { get; private set; } = PeerConnectionState.New;

    /// <summary>Why it ended, once <see cref="State"/> is Failed or Closed.</summary>
    public CloseReason CloseReason { get; private set; }

    /// <summary>When <see cref="HandleDeadline"/> wants to be called; <see cref="TimeSpan.MaxValue"/> for never.</summary>
    public TimeSpan NextDeadline
    {
        get
        {
            if (IsOver)
                return TimeSpan.MaxValue;
            TimeSpan next = Earlier(_liveness.NextDeadline(_lastNow), Earlier(_ice.NextDeadline, _dtls?.NextDeadline ?? TimeSpan.MaxValue));
            // Reports wait for the path that they leave on.
            if (!_sender.IsStarted || !_ice.TryGetSelectedPath(out TransportPath path))
                return next;
            TimeSpan toSend = IsMediaHeld(path) ? _sender.NextReport : _sender.NextDeadline;
            return Earlier(next, Earlier(_receiver.NextDeadline, toSend));
        }
    }

    private bool IsOver => State is PeerConnectionState.Failed or PeerConnectionState.Closed;

    /// <summary>Whether the handshake is over: before that, a datagram of DTLS may make the peer compute for long.</summary>
    public bool IsSecured => _liveness.IsSecured;

    /// <summary>Gives the controlling role an address to send its checks from; the server's lite role needs none.</summary>
    public void AddLocalAddress(TransportAddress local) => _ice.AddLocalAddress(local);

    /// <summary>
    /// Restarts ICE (RFC 8445 9, lite role only): from now on the peer's checks with the new credentials count, media flows on over the old path
    /// until the peer nominates another, and DTLS and SRTP go on as they are (RFC 8842 4). False when the connection is over.
    /// </summary>
    public bool RestartIce(IceCredentials local, IceCredentials remote)
    {
        if (IsOver)
            return false;
        _ice.Restart(local, remote);
        Session = Session with { LocalIce = local, RemoteIce = remote };
        return true;
    }

    /// <summary>Whether the peer has proved on this path that it knows our ICE password: its datagrams may be routed by it.</summary>
    public bool IsValidatedPath(in TransportPath path) => _ice.IsValidated(path);

    /// <summary>
    /// Says that a path has ended, as a TCP connection does. Without another that the peer nominated the connection waits, disconnected,
    /// until the peer nominates one or its consent expires.
    /// </summary>
    public void RemovePath(TimeSpan now, in TransportPath path)
    {
        _lastNow = now;
        if (IsOver)
            return;
        _ice.RemovePath(path);
        UpdateState(now);
    }

    /// <summary>
    /// Holds media back while this path is the selected one, until <see cref="ReleaseMedia"/>: what it carries already has not left.
    /// Frames wait in the bounded queues of their streams, whose overflow costs whole pictures; all else is sent.
    /// </summary>
    public void HoldMedia(in TransportPath path)
    {
        _heldPath = path;
        _isMediaHeld = true;
    }

    /// <summary>Lets media go on that <see cref="HoldMedia"/> held back on this path.</summary>
    public void ReleaseMedia(in TransportPath path)
    {
        if (_heldPath == path)
            _isMediaHeld = false;
    }

    /// <summary>Handles one datagram, which it may change (decryption is in place). Never throws for bad input.</summary>
    public void HandleDatagram(TimeSpan now, in TransportPath path, Span<byte> datagram)
    {
        _lastNow = now;
        if (IsOver)
            return;

        DatagramKind kind = DatagramClassifier.Classify(datagram);
        if (kind == DatagramKind.Stun)
            HandleStun(now, path, datagram);
        else if (!_ice.IsValidated(path))
            return;
        else if (kind == DatagramKind.Dtls)
            HandleDtls(now, datagram);
        else if (kind == DatagramKind.Rtp)
            HandleRtp(now, datagram);
        else if (kind == DatagramKind.Rtcp)
            HandleRtcp(now, datagram);

        UpdateState(now);
    }

    /// <summary>Does what is due at <paramref name="now"/>.</summary>
    public void HandleDeadline(TimeSpan now)
    {
        _lastNow = now;
        if (IsOver)
            return;

        _ice.HandleDeadline(now);
        if (_dtls is not null)
        {
            _dtls.HandleDeadline(now);
            FollowDtls(_dtls);
        }

        _receiver.HandleDeadline(now);
        NoteReceived();
        UpdateState(now);
    }

    /// <summary>
    /// Queues a frame for sending (takes a reference of its own while it needs one). False when the peer is not connected, does not
    /// receive this kind or codec, or its queue is full: the frame was dropped.
    /// </summary>
    public bool WriteFrame(TimeSpan now, PacketizedFrame frame) => WriteFrame(now, frame, frame.MediaTime);

    /// <summary>The same at another place on this peer's timeline: where the frames that it is given come from several sources.</summary>
    /// <param name="now">Monotonic time.</param>
    /// <param name="frame">The frame (borrowed).</param>
    /// <param name="mediaTime">Where it lies instead of <see cref="PacketizedFrame.MediaTime"/>; never before the frame that was written last.</param>
    /// <param name="isReplayed">
    /// It is of the past and is written with up to 127 others at once, so that the peer can decode what comes next: these are spaced out.
    /// </param>
    public bool WriteFrame(TimeSpan now, PacketizedFrame frame, TimeSpan mediaTime, bool isReplayed = false) =>
        !IsOver && _sender.IsStarted && _sender.Enqueue(frame, mediaTime, isReplayed);

    /// <summary>Asks the sending peer for a key frame (PLI, else FIR), once a second until one has come.</summary>
    public void RequestKeyFrame(TimeSpan now) => _receiver.RequestKeyFrame();

    /// <summary>Starts the orderly end: BYE and close_notify are put out by the next <see cref="TryGetTransmit"/> calls.</summary>
    public void Close(TimeSpan now) => End(PeerConnectionState.Closed, CloseReason.LocalClose);

    /// <summary>
    /// Writes what is to be sent next into <paramref name="slab"/> (at least 64 KiB). Call until false after each Handle, Write, Request or Close.
    /// </summary>
    public bool TryGetTransmit(TimeSpan now, Span<byte> slab, out Transmit transmit)
    {
        if (_disposed)
        {
            transmit = default;
            return false;
        }

        if (!IsOver && _ice.TryGetTransmit(slab, out transmit))
            return true;

        transmit = default;
        bool isSelected = _ice.TryGetSelectedPath(out TransportPath path);
        if (!isSelected && !_ice.TryGetValidatedPath(out path))
            return false;

        int segmentBytes = 0;
        int byteCount = isSelected && _sender.IsStarted ? WriteRtcp(now, slab) : 0;
        if (byteCount == 0 && _dtls is not null && _dtls.TryGetDatagram(slab, out int dtlsBytes))
            byteCount = dtlsBytes;
        if (byteCount == 0 && isSelected && !IsOver && !IsMediaHeld(path))
            byteCount = _sender.WriteRtp(now, slab, out segmentBytes);
        if (byteCount == 0)
            return false;

        transmit = new Transmit(path, byteCount, segmentBytes == 0 ? byteCount : segmentBytes);
        return true;
    }

    /// <summary>Takes the next event. Call until false after each Handle call.</summary>
    public bool TryGetEvent(out PeerEvent peerEvent) => _events.TryTake(out peerEvent);

    /// <summary>
    /// Copies the oldest complete frame into <paramref name="destination"/> and takes it. False with <c>ByteCount</c> set when the
    /// destination is too small (nothing is taken), with <c>ByteCount</c> 0 when there is none.
    /// </summary>
    public bool TryReadFrame(Span<byte> destination, out ReceivedFrame frame) => _receiver.TryReadFrame(destination, out frame);

    /// <summary>
    /// The last sender report (RFC 3550 6.4.1) of the received stream of that kind: at <paramref name="ntpTime"/> (64-bit, the sender's
    /// clock) its RTP clock showed <paramref name="rtpTimestamp"/>, without wraps as <see cref="ReceivedFrame.RtpTimestamp"/> is. False
    /// while there is none of the present SSRC.
    /// </summary>
    public bool TryGetSenderReport(MediaKind kind, out ulong ntpTime, out long rtpTimestamp) =>
        _receiver.TryGetSenderReport(kind, out ntpTime, out rtpTimestamp);

    /// <summary>What was sent, received and lost so far, and over which path.</summary>
    public PeerStatistics GetStatistics() => new()
    {
        SelectedPath = _ice.TryGetSelectedPath(out TransportPath path) ? path : null,
        RoundTripTime = _sender.RoundTripTime,
        PacketsRefused = _receiver.PacketsRefused,
        Audio = CountsOf(MediaKind.Audio),
        Video = CountsOf(MediaKind.Video),
    };

    /// <summary>Frees keys and native state at once, without telling the peer.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (!IsOver)
            End(PeerConnectionState.Closed, CloseReason.LocalClose);
        _sender.Dispose();
        _receiver.Dispose();
        _dtls?.Dispose();
        _identity.Dispose();
    }

    private bool IsMediaHeld(in TransportPath path) => _isMediaHeld && _heldPath == path;

    private static TimeSpan Earlier(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private MediaStatistics CountsOf(MediaKind kind)
    {
        MediaStatistics statistics = _receiver.GetStatistics(kind);
        _sender.AddStatistics(kind, ref statistics);
        return statistics;
    }

    private void HandleStun(TimeSpan now, in TransportPath path, ReadOnlySpan<byte> datagram)
    {
        if (_ice.HandleStun(now, path, datagram))
            _liveness.Hear(now);

        // The active side waits for the nomination before it says anything but STUN; the passive side answers on any proven path.
        if (_dtls is null && _ice.TryGetSelectedPath(out _))
            StartDtls(now);
    }

    private DtlsTransport StartDtls(TimeSpan now)
    {
        _dtls = new DtlsTransport(_identity, Session.DtlsRole, Session.RemoteFingerprints);
        _identity.Dispose();
        _dtls.Start(now);
        FollowDtls(_dtls);
        return _dtls;
    }

    private void HandleDtls(TimeSpan now, ReadOnlySpan<byte> datagram)
    {
        if (_dtls is null && Session.DtlsRole == DtlsRole.Client)
            return;
        DtlsTransport dtls = _dtls ?? StartDtls(now);
        dtls.HandleDatagram(now, datagram);
        FollowDtls(dtls);
    }

    private void FollowDtls(DtlsTransport dtls)
    {
        switch (dtls.State)
        {
            case DtlsState.Connected when !_sender.IsStarted:
                StartMedia(dtls);
                break;
            case DtlsState.Closed:
                End(PeerConnectionState.Closed, CloseReason.RemoteClose);
                break;
            case DtlsState.Failed:
                CloseReason reason = dtls.Failure == DtlsFailure.FingerprintMismatch ? CloseReason.FingerprintMismatch : CloseReason.DtlsFailed;
                End(PeerConnectionState.Failed, reason);
                break;
        }
    }

    private void StartMedia(DtlsTransport dtls)
    {
        if (!dtls.TryGetKeyingMaterial(out SrtpKeyingMaterial keys))
        {
            End(PeerConnectionState.Failed, CloseReason.DtlsFailed);
            return;
        }

        _receiver.Start(keys.Profile, keys.ReceiveMasterKey, keys.ReceiveMasterSalt);
        _sender.Start(keys.Profile, keys.SendMasterKey, keys.SendMasterSalt);
        keys.Clear();
        _liveness.IsSecured = true;
        dtls.Settle();
    }

    private void HandleRtp(TimeSpan now, Span<byte> datagram)
    {
        if (!_receiver.HandleRtp(now, datagram))
            return;
        _liveness.Hear(now);
        NoteReceived();
    }

    private void NoteReceived()
    {
        if (_receiver.TryFindFrame(out _, out ReceivedFrame frame))
            _events.Add(PeerEventKind.FrameReceived, frame.Kind);
        if (_receiver.TryTakeVideoLoss())
            _events.Add(PeerEventKind.FrameLost, MediaKind.Video);
    }

    private void HandleRtcp(TimeSpan now, Span<byte> datagram)
    {
        if (!_receiver.TryUnprotectRtcp(datagram, out int byteCount))
            return;

        _liveness.Hear(now);
        var reader = new RtcpReader(datagram[..byteCount]);
        while (reader.MoveNext())
            HandleRtcpPacket(now, reader.Current);
    }

    private void HandleRtcpPacket(TimeSpan now, in RtcpPacket packet)
    {
        if (SenderReport.TryRead(packet, out SenderReport report))
            _receiver.HandleSenderReport(now, report);
        if (_sender.HandleFeedback(now, packet))
            _events.Add(PeerEventKind.KeyFrameRequested, MediaKind.Video);
    }

    private int WriteRtcp(TimeSpan now, Span<byte> slab)
    {
        var writer = new RtcpWriter(slab[..LargestRtcpBytes]);
        if (IsOver)
            WriteGoodbye(ref writer);
        else if (_sender.IsReportDue(now))
            _sender.WriteRtcp(now, ref writer);
        else
            _receiver.WriteRtcp(now, ref writer);
        return writer.ByteCount == 0 ? 0 : _sender.ProtectRtcp(slab, writer.ByteCount);
    }

    private void WriteGoodbye(ref RtcpWriter writer)
    {
        if (!_goodbyePending)
            return;
        _goodbyePending = false;
        Span<uint> ssrcs = stackalloc uint[2];
        int count = 0;
        foreach (NegotiatedMedia media in Session.Media)
        {
            if (count < ssrcs.Length)
                ssrcs[count++] = media.LocalSsrc;
        }

        if (count == 0)
            return;
        writer.TryWriteReceiverReport(ssrcs[0]);
        writer.TryWriteGoodbye(ssrcs[..count]);
    }

    private void UpdateState(TimeSpan now)
    {
        if (IsOver)
            return;

        CloseReason failure = _ice.HasFailed ? CloseReason.IceTimeout : _liveness.FindFailure(now);
        if (failure != CloseReason.None)
            End(PeerConnectionState.Failed, failure);
        else if (State is PeerConnectionState.Connected or PeerConnectionState.Disconnected)
            SetState(_liveness.IsQuiet(now) || !_ice.TryGetSelectedPath(out _) ? PeerConnectionState.Disconnected : PeerConnectionState.Connected);
        else if (!_ice.TryGetValidatedPath(out _))
            SetState(PeerConnectionState.New);
        else if (!_liveness.IsSecured || !_ice.TryGetSelectedPath(out _))
            SetState(PeerConnectionState.Connecting);
        else
            SetState(_liveness.IsQuiet(now) ? PeerConnectionState.Disconnected : PeerConnectionState.Connected);
    }

    private void End(PeerConnectionState state, CloseReason reason)
    {
        if (IsOver)
            return;
        CloseReason = reason;
        SetState(state);

        // RFC 7675 5.1: without consent nothing may be sent any more, not even a goodbye.
        if (reason == CloseReason.ConsentExpired)
            return;
        _goodbyePending = _sender.IsStarted;
        _dtls?.Close();
    }

    private void SetState(PeerConnectionState state)
    {
        if (State == state)
            return;
        State = state;
        _events.Add(PeerEventKind.StateChanged, default);
    }
}
